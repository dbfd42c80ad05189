package io.platen;

import io.platen.catalog.Catalog;
import io.platen.catalog.CatalogFile;
import io.platen.config.ServerConfig;
import io.platen.database.Database;
import io.platen.event.EventName;
import io.platen.event.EventRepository;
import io.platen.event.EventService;
import io.platen.event.Job;
import io.platen.event.JobRunner;
import io.platen.machine.MachineRepository;
import io.platen.machine.MachineService;
import io.platen.paging.Cursors;
import io.platen.team.TeamRepository;
import io.platen.team.TeamService;
import io.platen.template.IndexFiles;
import io.platen.template.TemplateRepository;
import io.platen.template.TemplateService;
import java.io.IOException;
import java.net.InetAddress;
import java.time.InstantSource;
import java.util.EnumMap;
import java.util.Map;

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
  private final IndexFiles indexes;
  private final JobRunner jobs;

  private Platen(ServerConfig config, Database database, InstantSource clock) throws IOException {
    this.config = config;
    this.database = database;
    catalog = CatalogFile.read(config.catalogFile());
    var data = config.data();
    cursors = new Cursors(Secrets.cursor(database));
    var eventRows = new EventRepository(cursors);
    var templateRows = new TemplateRepository(cursors);
    var machineRows = new MachineRepository(cursors);
    teams = new TeamService(database, new TeamRepository(), clock);
    events = new EventService(database, eventRows, clock);
    indexes = new IndexFiles(data, database, templateRows);
    templates = new TemplateService(database, templateRows, machineRows, events, indexes, clock);
    machines = new MachineService(database, machineRows, templateRows, eventRows, events, clock);
    Map<EventName, Job> handlers = new EnumMap<>(EventName.class);
    jobs = new JobRunner(database, eventRows, clock, handlers, owner());
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

  /**
   * Names this data directory on this host: whoever holds its lock is the only one of this name.
   */
  private String owner() throws IOException {
    return InetAddress.getLocalHost().getHostName() + ":" + config.data().root();
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

  public JobRunner jobs() {
    return jobs;
  }

  @Override
  public void close() {
    jobs.close();
    database.close();
  }
}
