package io.platen.app;

import io.platen.backup.Dumps;
import io.platen.catalog.Catalog;
import io.platen.catalog.CatalogFile;
import io.platen.catalog.Region;
import io.platen.config.ServerConfig;
import io.platen.database.ClaimRow;
import io.platen.database.Claimant;
import io.platen.database.Database;
import io.platen.database.DatabaseClaim;
import io.platen.database.Relocation;
import io.platen.event.EventCancellation;
import io.platen.event.EventName;
import io.platen.event.EventRepository;
import io.platen.event.EventService;
import io.platen.hypervisor.Hypervisor;
import io.platen.hypervisor.OwnDomains;
import io.platen.job.JobService;
import io.platen.liveness.Watchdog;
import io.platen.machine.AdoptionService;
import io.platen.machine.LostMachines;
import io.platen.machine.LostOwners;
import io.platen.machine.MachineFiles;
import io.platen.machine.MachinePlaces;
import io.platen.machine.MachinePublicIps;
import io.platen.machine.MachineRecovery;
import io.platen.machine.MachineRepository;
import io.platen.machine.MachineScripts;
import io.platen.machine.MachineService;
import io.platen.machine.MachineSnapshots;
import io.platen.machine.MachinesOnNetworks;
import io.platen.machine.PowerService;
import io.platen.machine.RemovalRepository;
import io.platen.machine.UnknownBases;
import io.platen.network.LibvirtNetworks;
import io.platen.network.PrivateNetworkRepository;
import io.platen.network.PrivateNetworkService;
import io.platen.network.PublicIpRepository;
import io.platen.network.PublicIpService;
import io.platen.network.StaticAddresses;
import io.platen.node.DirectoryFile;
import io.platen.node.Node;
import io.platen.node.NodeRow;
import io.platen.node.Nodes;
import io.platen.node.Placement;
import io.platen.notice.Outbox;
import io.platen.paging.Cursors;
import io.platen.site.Site;
import io.platen.site.Sites;
import io.platen.site.StoreIdentity;
import io.platen.snapshot.SnapshotRepository;
import io.platen.snapshot.SnapshotService;
import io.platen.snapshot.SnapshotsOfMachines;
import io.platen.startupscript.StartupScriptRepository;
import io.platen.startupscript.StartupScriptService;
import io.platen.team.TeamRepository;
import io.platen.team.TeamService;
import io.platen.template.ImportService;
import io.platen.template.IndexFiles;
import io.platen.template.LaunchService;
import io.platen.template.OsTemplateService;
import io.platen.template.OtherCopies;
import io.platen.template.TemplateDeletion;
import io.platen.template.TemplateRepository;
import io.platen.template.TemplateService;
import io.platen.upkeep.NeededIndexes;
import io.platen.upkeep.PurgeableSpace;
import io.platen.upkeep.Storage;
import io.platen.upkeep.StoreAttachment;
import io.platen.upkeep.StoreMatch;
import io.platen.upkeep.UpkeepRepository;
import io.platen.upkeep.UpkeepService;
import java.io.IOException;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

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
  private final EventCancellation cancellation;
  private final JobService jobs;
  private final TemplateService templates;
  private final OsTemplateService osTemplates;
  private final MachineService machines;
  private final PowerService power;
  private final LaunchService launches;
  private final NeededIndexes needed;
  private final Storage storage;
  private final PurgeableSpace purgeable;
  private final UpkeepService upkeep;
  private final StoreMatch storeMatch;
  private final Site site;
  private final Sites sites;
  private final StoreIdentity identity;
  private final Node node;
  private final IndexFiles indexes;
  private final EventRepository eventRows;
  private final TemplateRepository templateRows;
  private final TemplateDeletion deletion;
  private final SnapshotRepository snapshotRows;
  private final SnapshotsOfMachines machineSnapshots;
  private final SnapshotService snapshots;
  private final MachineRepository machineRows;
  private final Hypervisor hypervisor;
  private final StartupScriptRepository scriptRows;
  private final LibvirtNetworks libvirtNetworks;
  private final RemovalRepository removalRows;
  private final MachineFiles machineFiles;
  private final LostMachines lostMachines;
  private final MachineRecovery machineRecovery;
  private final StartupScriptService scripts;
  private final PrivateNetworkService networks;
  private final StaticAddresses staticAddresses;
  private final PublicIpService publicIps;
  private final InstantSource clock;
  private final Outbox outbox;
  private final Nodes nodes;
  private final MachinePlaces places;
  private final String region;
  private final Watchdog watchdog = new Watchdog(System::nanoTime);

  private Platen(ServerConfig config, Database database, InstantSource clock) throws IOException {
    this.config = config;
    this.database = database;
    this.clock = clock;
    catalog = CatalogFile.read(config.catalogFile());
    region = region(config.region(), catalog);
    nodes = new Nodes(database);
    outbox = new Outbox(database, clock, config.notices() != null);
    var data = config.data();
    site = Site.of(config, database);
    sites = new Sites(config, database, site);
    cursors = new Cursors(Secrets.cursor(database));
    eventRows = new EventRepository(cursors);
    templateRows = new TemplateRepository(cursors);
    deletion = new TemplateDeletion(config.upkeep().undeletable());
    machineRows = new MachineRepository(cursors);
    snapshotRows = new SnapshotRepository(cursors);
    var teamRows = new TeamRepository();
    teams = new TeamService(database, teamRows, clock);
    events = new EventService(database, eventRows);
    jobs = new JobService(database, eventRows, clock);
    identity = new StoreIdentity(site, database, config.shownDatabase(), clock);
    indexes =
        new IndexFiles(
            site,
            identity,
            database,
            templateRows,
            new UnknownBases(database, new RemovalRepository(), config.data())::templates);
    storeMatch = new StoreMatch(site, config.shownDatabase(), database, identity);
    var holder = holder();
    if (holder.isEmpty() || !new DirectoryFile(config).isOthers(holder.get())) {
      // Not of another directory's database, which does not describe the store in this one.
      storeMatch.meet();
    }
    osTemplates = new OsTemplateService(database, templateRows, deletion, jobs, indexes, clock);
    templates =
        new TemplateService(database, templateRows, deletion, machineRows, jobs, indexes, clock);
    hypervisor = new Hypervisor(config.hypervisor());
    String installation = Installation.id(database, data);
    node = new Node(data, hypervisor, new OwnDomains(hypervisor, installation, data));
    scriptRows = new StartupScriptRepository(cursors);
    var networkRows = new PrivateNetworkRepository(cursors);
    scripts = new StartupScriptService(database, scriptRows, new MachineScripts(), clock);
    libvirtNetworks = new LibvirtNetworks(database, networkRows, hypervisor, installation);
    networks =
        new PrivateNetworkService(
            database, networkRows, new MachinesOnNetworks(), hypervisor, libvirtNetworks, clock);
    machineSnapshots =
        new SnapshotsOfMachines(snapshotRows, templateRows, deletion, machineRows, jobs, clock);
    var publicIpRows = new PublicIpRepository(cursors);
    var addressed = new MachinePublicIps();
    staticAddresses = new StaticAddresses(database, publicIpRows, addressed, hypervisor);
    publicIps =
        new PublicIpService(database, publicIpRows, addressed, hypervisor, staticAddresses, clock);
    machines =
        new MachineService(
            database, machineRows, eventRows, jobs, machineSnapshots, publicIps, clock);
    power =
        new PowerService(
            database, machineRows, eventRows, jobs, hypervisor, machineSnapshots, clock);
    snapshots =
        new SnapshotService(
            database,
            snapshotRows,
            templateRows,
            deletion,
            machineRows,
            eventRows,
            machineSnapshots,
            jobs,
            clock);
    places =
        new MachinePlaces(
            machineRows, networkRows, new Placement(database, nodes, config.overcommit()), catalog);
    launches =
        new LaunchService(
            templateRows, machineRows, networkRows, scriptRows, publicIps, jobs, places, clock);
    cancellation =
        new EventCancellation(
            eventRows,
            Map.of(
                EventName.TEMPLATE_CREATE, templates::undoCapture,
                // What was copied is found by the next one, or removed by a collection.
                EventName.TEMPLATE_DISTRIBUTE, (handle, event) -> {},
                EventName.SNAPSHOT_CREATE, snapshots::undoCapture,
                EventName.CREATE, machines::undoLaunch,
                EventName.START, power::undo,
                EventName.STOP, power::undo,
                EventName.RESTART, power::undo));
    removalRows = new RemovalRepository();
    machineFiles = new MachineFiles(database, machineRows, teamRows, networkRows, data);
    lostMachines = new LostMachines(database, removalRows, node, site.indexes());
    machineRecovery =
        new MachineRecovery(
            database,
            machineRows,
            removalRows,
            lostMachines,
            node,
            new LostOwners(teamRows, networkRows, scriptRows, clock),
            jobs,
            clock);
    needed = new NeededIndexes(site.indexes(), database, templateRows, site.name());
    purgeable = new PurgeableSpace(site.chunks(), database, needed);
    storage = new Storage(site.chunks(), database, teamRows, needed);
    upkeep = new UpkeepService(database, new UpkeepRepository(), templateRows, site.name(), clock);
  }

  private static String region(@Nullable String name, Catalog catalog) throws IOException {
    if (name == null) {
      return "";
    }
    return catalog
        .region(name)
        .map(Region::name)
        .orElseThrow(
            () ->
                new IOException(
                    "the configuration says \"region: %s\", and the catalog has: %s"
                        .formatted(name, String.join(", ", catalog.regionNames()))));
  }

  /**
   * Opens the data directory and its database, making both where they are missing. The caller
   * closes what it gets.
   *
   * @throws IOException where the data directory or the catalog can't be used; the message says why
   */
  public static Platen open(ServerConfig config, InstantSource clock) throws IOException {
    config.data().create();
    var storeDirectory = config.storeDirectory();
    if (storeDirectory != null) {
      storeDirectory.layout().createStore();
    }
    new DirectoryFile(config).checkDatabase();
    var database = Database.join(config.databaseUrl(), config.node());
    try {
      Relocation.check(database, config.shownDatabase());
      return new Platen(config, database, clock);
    } catch (IOException | RuntimeException e) {
      database.close();
      throw e;
    }
  }

  /**
   * How many machines are here that the database does not know. The database is only looked into:
   * it is neither made nor brought up to date.
   *
   * @throws IOException where it has not even tables
   * @throws org.jdbi.v3.core.JdbiException where it can't be
   */
  public static int lostMachines(ServerConfig config, Hypervisor hypervisor)
      throws IOException, InterruptedException {
    var data = config.data();
    Database.check(config.databaseUrl());
    try (var database = Database.openAsIs(config.databaseUrl(), config.node())) {
      if (database.schemaVersion().isEmpty()) {
        throw new IOException(config.shownDatabase() + " holds nothing of Platen's yet");
      }
      var domains = new OwnDomains(hypervisor, Installation.known(database).orElse(""), data);
      var node = new Node(data, hypervisor, domains);
      return new LostMachines(
              database, new RemovalRepository(), node, Site.of(config, database).indexes())
          .count();
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

  public EventCancellation cancellation() {
    return cancellation;
  }

  public OsTemplateService osTemplates() {
    return osTemplates;
  }

  public TemplateService templates() {
    return templates;
  }

  public SnapshotService snapshots() {
    return snapshots;
  }

  public MachineService machines() {
    return machines;
  }

  PowerService power() {
    return power;
  }

  public LaunchService launches() {
    return launches;
  }

  public LostMachines lostMachines() {
    return lostMachines;
  }

  /** How machines that are there already are taken on. */
  public AdoptionService adoption() {
    return new AdoptionService(database, machineRows, teams, catalog, hypervisor, clock);
  }

  /** How OS templates are made of images. */
  public ImportService imports() {
    return new ImportService(osTemplates, catalog, clock);
  }

  public MachineRecovery machineRecovery() {
    return machineRecovery;
  }

  public IndexFiles indexes() {
    return indexes;
  }

  public NeededIndexes needed() {
    return needed;
  }

  public PurgeableSpace purgeable() {
    return purgeable;
  }

  public Storage storage() {
    return storage;
  }

  public UpkeepService upkeep() {
    return upkeep;
  }

  /** The dumps of the database in the store. */
  Dumps dumps() {
    return new Dumps(site.dumps(), clock);
  }

  /** What the operator is to be told. */
  public Outbox outbox() {
    return outbox;
  }

  public StoreMatch storeMatch() {
    return storeMatch;
  }

  Database database() {
    return database;
  }

  private Optional<ClaimRow> holder() {
    return database.read(handle -> ClaimRow.find(handle, database.dialect(), database.node()));
  }

  /** The data directory, as it claims the database; gets an id where it has none yet. */
  Claimant claimant() throws IOException {
    var holder = holder();
    return new DirectoryFile(config).claimant(holder.map(row -> row.holder().id()));
  }

  /**
   * Refuses to ask for work that another data directory would do: to be called before that is
   * written.
   *
   * @throws IOException where the database is another data directory's; the message names it
   */
  public void requireDatabase() throws IOException {
    DatabaseClaim.check(database, claimant());
  }

  /** The nodes of the database. */
  public Nodes nodes() {
    return nodes;
  }

  /** All nodes, by their names. */
  public List<NodeRow> nodeRows() {
    return database.read(nodes::list);
  }

  /** Where machines are placed. */
  MachinePlaces places() {
    return places;
  }

  /** The short name of this node's region; empty where it takes machines of every one. */
  String region() {
    return region;
  }

  EventRepository eventRows() {
    return eventRows;
  }

  TemplateRepository templateRows() {
    return templateRows;
  }

  TemplateDeletion deletion() {
    return deletion;
  }

  SnapshotRepository snapshotRows() {
    return snapshotRows;
  }

  MachineSnapshots machineSnapshots() {
    return machineSnapshots;
  }

  MachineRepository machineRows() {
    return machineRows;
  }

  public StartupScriptService startupScripts() {
    return scripts;
  }

  public PrivateNetworkService privateNetworks() {
    return networks;
  }

  public PublicIpService publicIps() {
    return publicIps;
  }

  StaticAddresses staticAddresses() {
    return staticAddresses;
  }

  StartupScriptRepository scriptRows() {
    return scriptRows;
  }

  public LibvirtNetworks libvirtNetworks() {
    return libvirtNetworks;
  }

  /** Whether the store and the database belong together. */
  StoreIdentity storeIdentity() {
    return identity;
  }

  /** How the store is given to the database by hand. */
  public StoreAttachment storeAttachment() {
    return new StoreAttachment(site, database, identity);
  }

  /** The store that this node uses. */
  public Site site() {
    return site;
  }

  /** Where templates are besides this node's store. */
  public OtherCopies otherCopies() {
    return new OtherCopies(database, sites);
  }

  /** The stores that this node can read. */
  Sites sites() {
    return sites;
  }

  /** This host's part. */
  Node node() {
    return node;
  }

  RemovalRepository removalRows() {
    return removalRows;
  }

  MachineFiles machineFiles() {
    return machineFiles;
  }

  public Hypervisor hypervisor() {
    return hypervisor;
  }

  InstantSource clock() {
    return clock;
  }

  Watchdog watchdog() {
    return watchdog;
  }

  @Override
  public void close() {
    database.close();
  }
}
