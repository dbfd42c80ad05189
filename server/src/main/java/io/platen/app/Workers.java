package io.platen.app;

import io.platen.backup.DumpSource;
import io.platen.backup.NightlyBackup;
import io.platen.capture.Capture;
import io.platen.capture.CaptureTotals;
import io.platen.chunkstore.ChunkStore;
import io.platen.chunkstore.ImageReader;
import io.platen.chunkstore.ImageWriter;
import io.platen.chunkstore.Workspaces;
import io.platen.config.NotifySettings;
import io.platen.config.PlatenVersion;
import io.platen.database.DatabaseClaim;
import io.platen.event.EventName;
import io.platen.hypervisor.LiveDisk;
import io.platen.identity.NewIdentity;
import io.platen.job.Job;
import io.platen.job.JobRunner;
import io.platen.job.RegularWork;
import io.platen.job.SilentNodes;
import io.platen.launch.BaseImages;
import io.platen.launch.Launch;
import io.platen.launch.LaunchedDisks;
import io.platen.launch.RestoredDisk;
import io.platen.machine.AutoShutdown;
import io.platen.machine.DomainDefinition;
import io.platen.machine.MachineBases;
import io.platen.machine.MachineCards;
import io.platen.machine.MachineGrowth;
import io.platen.machine.MachineLaunch;
import io.platen.machine.MachinePower;
import io.platen.machine.MachineRemoval;
import io.platen.machine.MachineRun;
import io.platen.machine.MachineSweep;
import io.platen.machine.MachineWatch;
import io.platen.machine.QemuAccess;
import io.platen.machine.Removal;
import io.platen.machine.UndoneDeletions;
import io.platen.node.DataClosing;
import io.platen.node.DirectoryFile;
import io.platen.notice.ToldFailure;
import io.platen.process.RunDirectory;
import io.platen.snapshot.AutomaticSnapshots;
import io.platen.snapshot.FormerDisks;
import io.platen.snapshot.SnapshotCapture;
import io.platen.snapshot.SnapshotRemoval;
import io.platen.snapshot.SnapshotRestore;
import io.platen.snapshot.SnapshotSchedule;
import io.platen.template.Distribution;
import io.platen.template.MachineCapture;
import io.platen.template.ManifestWriter;
import io.platen.template.OpenSessions;
import io.platen.template.Publication;
import io.platen.template.TemplateCapture;
import io.platen.template.TemplateDistribution;
import io.platen.upkeep.NeededBaseImages;
import io.platen.upkeep.PurgeHint;
import io.platen.upkeep.Purging;
import io.platen.upkeep.StoreUpkeep;
import io.platen.upkeep.Upkeep;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * What does the work: the store, and the jobs that use it. One process at a time has it for a data
 * directory, the one that holds its {@link io.platen.node.DataLock}.
 */
public final class Workers implements AutoCloseable {
  private static final Logger LOG = Logger.getLogger(Workers.class);

  private static final int CORES = Runtime.getRuntime().availableProcessors();

  /**
   * Sets of buffers, 4 MiB each, of which half is direct memory: enough that captures of fast disks
   * go on while others wait for slow ones, and at most half of the direct memory that the
   * launcher's flags leave.
   */
  private static final int WORKSPACES = Math.min(2 * CORES + 4, 64);

  /** A rename or a deletion shows in the store this soon. */
  private static final Duration TELLING_PAUSE = Duration.ofSeconds(1);

  /** At the end, for which the host waits some seconds at most. */
  private static final Duration TELLING_LAST = Duration.ofSeconds(2);

  /** The first time of a large store that had no manifests takes long. */
  private static final Duration TELLING_LIMIT = Duration.ofHours(2);

  private final DatabaseClaim claim;
  private final ChunkStore store;
  private final Workspaces workspaces;
  private final Distribution distribution;
  private final CaptureTotals captures;
  private final JobRunner jobs;
  private final MachineWatch watch;
  private final MachineSweep sweep;
  private final SnapshotSchedule snapshots;
  private final RegularWork telling;
  private final ManifestWriter manifests;
  private final AutoShutdown shutdown;
  private final Purging purging;
  private final PurgeHint purgeHint;
  private final Upkeep upkeep;
  private final NightlyBackup backup;
  private final Notices notices;
  private final NodeWork nodeWork;

  /** Null where the data directory is closed. */
  private final @Nullable DataClosing closing;

  private Workers(
      Platen platen,
      DatabaseClaim claim,
      ChunkStore store,
      RunDirectory run,
      @Nullable DataClosing closing,
      String owner,
      String version) {
    this.claim = claim;
    this.store = store;
    this.closing = closing;
    int reads = platen.site().reads();
    workspaces = new Workspaces(Math.max(WORKSPACES, reads + CORES));
    var node = platen.node();
    var data = node.data();
    var indexes = platen.site().indexes();
    var sessions = new OpenSessions();
    var writer = new ImageWriter(store, indexes, workspaces, CORES, sessions);
    var capture = new Capture(writer, indexes, run, CORES);
    captures = capture.totals();
    var config = platen.config().upkeep();
    var copies = platen.otherCopies();
    var baseImages =
        new BaseImages(
            data,
            indexes,
            new ImageReader(store, workspaces, reads),
            copies,
            config.cacheBytes(),
            new NeededBaseImages(
                new LaunchedDisks(data),
                platen.database(),
                platen.machineRows(),
                platen.storeMatch()));
    var launch = new Launch(data, baseImages);
    var machineCapture =
        new MachineCapture(platen.machineRows(), indexes, capture, node, platen.clock());
    manifests =
        new ManifestWriter(
            platen.site(),
            platen.indexes(),
            platen.database(),
            platen.storeIdentity(),
            platen.storeMatch()::isDoubtful,
            claim::require);
    platen.indexes().tellBy(manifests::tellUnused);
    var publication =
        new Publication(
            platen.site(),
            store,
            sessions,
            platen.templateRows(),
            manifests,
            platen.storeIdentity());
    var templateCapture =
        new TemplateCapture(
            platen.database(),
            platen.templateRows(),
            platen.machineRows(),
            publication,
            capture,
            machineCapture,
            platen.clock(),
            platen.upkeep()::captured);
    watch =
        new MachineWatch(
            platen.database(),
            platen.machineRows(),
            platen.eventRows(),
            platen.hypervisor(),
            platen.clock(),
            claim::require,
            platen.watchdog());
    distribution =
        new Distribution(
            platen.database(),
            platen.templateRows(),
            platen.sites(),
            copies,
            store,
            workspaces,
            platen.storeIdentity(),
            platen.config().shownDatabase(),
            claim::require,
            platen.clock());
    var runs = runs(platen);
    var removal =
        new Removal(
            platen.database(),
            platen.machineRows(),
            platen.removalRows(),
            launch,
            runs,
            platen.machineSnapshots(),
            new UndoneDeletions(data),
            platen.indexes()::removeUnused,
            platen.clock());
    var snapshotCapture =
        new SnapshotCapture(
            platen.database(),
            platen.snapshotRows(),
            platen.templateRows(),
            platen.deletion(),
            platen.machineRows(),
            publication,
            machineCapture,
            data,
            platen.clock(),
            platen.upkeep()::captured);
    var restore = restore(platen, snapshotCapture, baseImages, runs);
    var all =
        jobs(
            platen, templateCapture, distribution, launch, runs, removal, snapshotCapture, restore);
    jobs =
        new JobRunner(
            platen.database(),
            platen.eventRows(),
            platen.clock(),
            all,
            owner,
            claim::require,
            platen.watchdog());
    snapshots =
        new SnapshotSchedule(
            new AutomaticSnapshots(
                platen.database(),
                platen.machineRows(),
                platen.eventRows(),
                platen.snapshots(),
                claim::require,
                platen.clock()),
            jobs::wake,
            new FormerDisks(
                platen.database(),
                platen.machineRows(),
                new RestoredDisk(data),
                jobs,
                platen.indexes()::removeUnused),
            platen.watchdog());
    shutdown =
        new AutoShutdown(
            platen.database(),
            platen.machineRows(),
            platen.power(),
            platen.hypervisor(),
            jobs::wake,
            claim::require,
            platen.clock(),
            System::nanoTime,
            platen.watchdog());
    sweep =
        new MachineSweep(
            platen.database(),
            new MachineSweep.Parts(
                platen.machineRows(),
                platen.removalRows(),
                removal,
                platen.machineFiles(),
                platen.lostMachines(),
                platen.libvirtNetworks(),
                platen.staticAddresses(),
                platen.indexes()::removeUnused),
            jobs,
            node,
            platen.watchdog());
    purging =
        new Purging(
            platen.database(),
            platen.deletion(),
            platen.indexes(),
            platen.storeMatch(),
            claim::require,
            platen.clock(),
            platen.watchdog());
    purgeHint =
        new PurgeHint(
            platen.purgeable(),
            platen.site().chunks(),
            NotifySettings.leastFreeBytes(platen.config().notices()),
            platen.watchdog());
    upkeep =
        new Upkeep(
            platen.database(),
            config,
            platen.clock(),
            new StoreUpkeep(
                platen.database(),
                new StoreUpkeep.Parts(
                    platen.site(),
                    store,
                    copies,
                    workspaces,
                    platen.needed(),
                    platen.indexes(),
                    manifests,
                    baseImages,
                    platen.storeMatch(),
                    platen.templateRows(),
                    platen.sites().buckets(),
                    platen.outbox()),
                config.scrubBytesPerSecond(),
                CORES),
            platen.site()::isKeeper,
            owner,
            claim::require,
            platen.watchdog());
    telling =
        new RegularWork(
            "telling the store of changes",
            TELLING_LIMIT,
            platen.watchdog(),
            manifests::tellRegularly);
    backup =
        new NightlyBackup(
            platen.dumps(),
            new DumpSource(platen.database(), platen.config().shownDatabase(), platen.storeMatch()),
            config.backupTime(),
            platen.site()::isKeeper,
            platen.outbox(),
            claim::require,
            platen.clock(),
            platen.watchdog());
    notices = new Notices(platen, backup, claim::require);
    nodeWork =
        new NodeWork(
            platen,
            new SilentNodes(
                platen.database(),
                platen.nodes(),
                platen.eventRows(),
                all,
                jobs,
                claim::require,
                platen.clock(),
                System::nanoTime),
            version);
    // A thread of its own: virtual ones wait for others whose storage hangs.
    claim.onLoss(_ -> Thread.ofPlatform().daemon().name("claim-lost").start(this::halt));
  }

  private static SnapshotRestore restore(
      Platen platen, SnapshotCapture capture, BaseImages baseImages, MachineRun runs) {
    return new SnapshotRestore(
        platen.database(),
        new SnapshotRestore.Rows(
            platen.snapshotRows(), platen.templateRows(), platen.machineRows(), platen.eventRows()),
        capture,
        baseImages,
        runs,
        platen.machineFiles(),
        platen.node(),
        platen.clock());
  }

  private static MachineRun runs(Platen platen) {
    return new MachineRun(
        platen.node(),
        new DomainDefinition(
            platen.node(),
            platen.catalog(),
            platen.database(),
            new MachineCards(
                platen.hypervisor(),
                platen.libvirtNetworks(),
                platen.staticAddresses(),
                platen.config().data()),
            platen.scriptRows()));
  }

  private static Map<EventName, Job> jobs(
      Platen platen,
      TemplateCapture capture,
      Distribution distribution,
      Launch launch,
      MachineRun runs,
      Removal removal,
      SnapshotCapture snapshotCapture,
      SnapshotRestore restore) {
    var database = platen.database();
    var machines = platen.machineRows();
    var clock = platen.clock();
    var data = platen.config().data();
    var power = new MachinePower(database, machines, runs, clock);
    var all = new EnumMap<EventName, Job>(EventName.class);
    all.put(EventName.TEMPLATE_CREATE, new ToldFailure(capture, platen.outbox()));
    all.put(EventName.TEMPLATE_IMPORT, capture);
    all.put(
        EventName.TEMPLATE_DISTRIBUTE,
        new TemplateDistribution(
            database, platen.templateRows(), platen.eventRows(), distribution));
    all.put(
        EventName.CREATE,
        new MachineLaunch(
            database,
            machines,
            launch,
            runs,
            platen.machineFiles(),
            platen.machineSnapshots(),
            platen.publicIps(),
            platen.places(),
            distribution,
            clock));
    all.put(EventName.DEACTIVATE, new MachineRemoval(removal));
    all.put(EventName.START, power);
    all.put(EventName.STOP, power);
    all.put(EventName.RESTART, power);
    all.put(EventName.VM_UPGRADE, new MachineGrowth(database, machines, runs, data, clock));
    all.put(EventName.SNAPSHOT_CREATE, new ToldFailure(snapshotCapture, platen.outbox()));
    all.put(EventName.SNAPSHOT_DELETE, new SnapshotRemoval(platen.indexes()::removeUnused));
    all.put(EventName.SNAPSHOT_RESTORE, restore);
    return all;
  }

  /**
   * Claims the database, opens the store, and clears away what a crash left. The jobs do not run
   * before they are started. The caller holds the lock of the data directory.
   *
   * @param takeOver whether the operator says that the data directory which has the database was
   *     stopped for good
   * @throws IOException where another data directory has the database, or the store or the
   *     directory for sockets can't be used; the message says why
   */
  public static Workers open(Platen platen, boolean takeOver)
      throws IOException, InterruptedException {
    var claimant = platen.claimant();
    // First of all, since the store has a lock of its own: where the one of the directory was
    // deleted, a second process goes no further, and cleans up nothing behind the first.
    var store = platen.site().open();
    try {
      var claim = DatabaseClaim.take(platen.database(), claimant, takeOver);
      try {
        new DirectoryFile(platen.config()).remember(claimant);
        platen.nodes().uses(platen.site().name());
        platen.site().recover();
        for (var other : platen.sites().others()) {
          // What was being copied into them out of this node's directory.
          other.recover();
        }
        platen.storeMatch().establish();
        return open(platen, store, claim);
      } catch (IOException | RuntimeException e) {
        claim.close();
        throw e;
      }
    } catch (IOException | InterruptedException | RuntimeException e) {
      store.close();
      throw e;
    }
  }

  private static Workers open(Platen platen, ChunkStore store, DatabaseClaim claim)
      throws IOException {
    var data = platen.config().data();
    var closing = DataClosing.begin(data);
    var run = RunDirectory.open(data.run());
    run.removeLeftovers();
    BaseImages.removeUnfinished(data);
    recoverMachines(platen, closing != null);
    return new Workers(
        platen, claim, store, run, closing, platen.node().name(), PlatenVersion.number());
  }

  /**
   * Ends what a server that died left: captures of running machines, work on new disks, networks
   * that were deleted.
   */
  private static void recoverMachines(Platen platen, boolean closed) throws IOException {
    var database = platen.database();
    followDisks(platen);
    var machines = database.read(handle -> platen.machineRows().listOn(handle, database.node()));
    var domains = machines.stream().flatMap(machine -> machine.domain().stream()).toList();
    try {
      new NewIdentity(platen.config().data().run()).recover();
      if (closed) {
        new QemuAccess(platen.hypervisor(), platen.config().data()).giveBack(machines);
      }
      LiveDisk.recover(platen.hypervisor(), platen.config().data().backups(), domains);
      platen.libvirtNetworks().removeDeleted();
      platen.staticAddresses().reconcile();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new InterruptedIOException("the start was interrupted");
    }
  }

  /**
   * Of an older database that was put back: a disk that was restored since is another one, or it
   * grew.
   */
  private static void followDisks(Platen platen) {
    var database = platen.database();
    var now = platen.clock().instant().truncatedTo(ChronoUnit.MILLIS);
    var followed =
        database.<List<String>, RuntimeException>transaction(
            handle -> MachineBases.follow(handle, platen.config().data(), database.node(), now));
    if (!followed.isEmpty()) {
      LOG.warnf(
          "the database is older than the disks of %d machines, which were restored or grew since; their rows follow: %s",
          followed.size(), String.join(", ", followed));
    }
  }

  public JobRunner jobs() {
    return jobs;
  }

  PurgeHint purgeHint() {
    return purgeHint;
  }

  public Upkeep upkeep() {
    return upkeep;
  }

  /**
   * Runs the jobs and the upkeep, those first that a crash left, and begins to follow what the
   * hypervisor does by itself.
   */
  void start(Platen platen) throws IOException {
    if (closing != null) {
      Thread.ofPlatform().daemon().name("close-data").start(() -> finish(closing));
    }
    notices.start();
    nodeWork.start();
    jobs.start();
    upkeep.start();
    telling.start(TELLING_PAUSE);
    purging.start();
    purgeHint.start();
    watch.start();
    sweep.start();
    snapshots.start();
    shutdown.start();
    backup.start();
    platen.watchdog().watch("writes to the store", store::isWriting);
    claim.watch(platen.watchdog());
  }

  /**
   * Has the store follow what was changed in the database, and removes the indexes that are of no
   * use any more, without waiting for the jobs to be started.
   *
   * @throws IOException where some of it can't be done now
   */
  public void tellStore() throws IOException {
    manifests.tellAll();
  }

  /**
   * Has the store know of what was changed up to now, when nothing changes any more: a store that
   * is copied, or whose database is lost, while no server runs, has all that was answered. What
   * takes too long is left to the next start.
   */
  void tellLast() throws InterruptedException {
    telling.closeAfterLastTurn(TELLING_LAST);
  }

  NightlyBackup backup() {
    return backup;
  }

  /** The right to work on the database. */
  public DatabaseClaim claim() {
    return claim;
  }

  /** Ends everything: what is left is another's. */
  private void halt() {
    telling.close();
    watch.close();
    if (closing != null) {
      closing.stop();
    }
    stop();
  }

  private static void finish(DataClosing closing) {
    try {
      closing.finish();
    } catch (IOException | RuntimeException e) {
      LOG.warnf(e, "the store is not closed to other users; the next start tries again");
    }
  }

  /** Ends what runs, and leaves it to the next start. */
  public void stop() {
    notices.close();
    nodeWork.close();
    sweep.close();
    snapshots.close();
    shutdown.close();
    purging.close();
    purgeHint.close();
    backup.close();
    var other = Thread.ofPlatform().daemon().name("stop-upkeep").start(upkeep::close);
    jobs.close();
    boolean interrupted = false;
    while (true) {
      try {
        other.join();
        break;
      } catch (InterruptedException e) {
        interrupted = true; // closing goes on; it is bounded
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  /** What was captured here so far. */
  CaptureTotals captures() {
    return captures;
  }

  @Override
  public void close() throws IOException {
    halt();
    try {
      workspaces.close();
      distribution.close();
      store.close();
    } finally {
      claim.close();
    }
  }
}
