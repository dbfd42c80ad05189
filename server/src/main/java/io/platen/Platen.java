package io.platen;

import io.platen.catalog.Catalog;
import io.platen.catalog.CatalogFile;
import io.platen.config.ServerConfig;
import io.platen.database.Database;
import io.platen.event.EventRepository;
import io.platen.event.EventService;
import io.platen.hypervisor.Hypervisor;
import io.platen.machine.MachineRepository;
import io.platen.machine.MachineService;
import io.platen.paging.Cursors;
import io.platen.team.TeamRepository;
import io.platen.team.TeamService;
import io.platen.template.IndexFiles;
import io.platen.template.TemplateRepository;
import io.platen.template.TemplateService;
import io.platen.upkeep.NeededIndexes;
import io.platen.upkeep.Storage;
import io.platen.upkeep.UpkeepRepository;
import io.platen.upkeep.UpkeepService;
import java.io.IOException;
import java.time.InstantSource;

/**
 * The objects that make up Platen, wired. The command line and the HTTP server use the same ones.
 */
public final class Platen implements AutoCloseable {
  private final ServerConfig config;
  private final Database database;
  private final Catalog catalog;
  private final Cursors cursors;
  private final TeamService teams;
  private final EventService events;
  private final TemplateService templates;
  private final MachineService machines;
  private final NeededIndexes needed;
  private final Storage storage;
  private final UpkeepService upkeep;
  private final IndexFiles indexes;
  private final EventRepository eventRows;
  private final TemplateRepository templateRows;
  private final MachineRepository machineRows;
  private final Hypervisor hypervisor;
  private final InstantSource clock;

  private Platen(ServerConfig config, Database database, InstantSource clock) throws IOException {
    this.config = config;
    this.database = database;
    this.clock = clock;
    catalog = CatalogFile.read(config.catalogFile());
    var data = config.data();
    cursors = new Cursors(Secrets.cursor(database));
    eventRows = new EventRepository(cursors);
    templateRows = new TemplateRepository(cursors);
    machineRows = new MachineRepository(cursors);
    teams = new TeamService(database, new TeamRepository(), clock);
    events = new EventService(database, eventRows, clock);
    indexes = new IndexFiles(data, database, templateRows);
    templates = new TemplateService(database, templateRows, machineRows, events, indexes, clock);
    hypervisor = new Hypervisor(config.hypervisor());
    machines =
        new MachineService(
            database, machineRows, templateRows, eventRows, events, hypervisor, clock);
    needed = new NeededIndexes(data, database, templateRows);
    storage = new Storage(data, needed);
    upkeep = new UpkeepService(database, new UpkeepRepository(), templateRows, clock);
  }

  /**
   * Opens the data directory and its database, making both where they are missing. The caller
   * closes what it gets.
   *
   * @throws IOException where the data directory or the catalog can't be used; the message says why
   */
  public static Platen open(ServerConfig config, InstantSource clock) throws IOException {
    config.data().create();
    var database = Database.open(config.databaseUrl());
    try {
      return new Platen(config, database, clock);
    } catch (IOException | RuntimeException e) {
      database.close();
      throw e;
    }
  }

  public ServerConfig config() {
    return config;
  }

  public Catalog catalog() {
    return catalog;
  }

  public Cursors cursors() {
    return cursors;
  }

  public TeamService teams() {
    return teams;
  }

  public EventService events() {
    return events;
  }

  public TemplateService templates() {
    return templates;
  }

  public MachineService machines() {
    return machines;
  }

  public IndexFiles indexes() {
    return indexes;
  }

  public NeededIndexes needed() {
    return needed;
  }

  public Storage storage() {
    return storage;
  }

  public UpkeepService upkeep() {
    return upkeep;
  }

  Database database() {
    return database;
  }

  EventRepository eventRows() {
    return eventRows;
  }

  TemplateRepository templateRows() {
    return templateRows;
  }

  MachineRepository machineRows() {
    return machineRows;
  }

  public Hypervisor hypervisor() {
    return hypervisor;
  }

  InstantSource clock() {
    return clock;
  }

  @Override
  public void close() {
    database.close();
  }
}
