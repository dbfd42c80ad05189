package io.platen;

import io.platen.capture.Capture;
import io.platen.capture.CaptureTotals;
import io.platen.chunkstore.FileChunkStore;
import io.platen.chunkstore.ImageReader;
import io.platen.chunkstore.ImageWriter;
import io.platen.chunkstore.Workspaces;
import io.platen.disk.RunDirectory;
import io.platen.event.EventName;
import io.platen.event.Job;
import io.platen.event.JobRunner;
import io.platen.hypervisor.LiveDisk;
import io.platen.launch.BaseImages;
import io.platen.launch.Launch;
import io.platen.machine.MachineGrowth;
import io.platen.machine.MachineLaunch;
import io.platen.machine.MachinePower;
import io.platen.machine.MachineRemoval;
import io.platen.machine.MachineRun;
import io.platen.machine.MachineWatch;
import io.platen.template.IndexFiles;
import io.platen.template.TemplateCapture;
import io.platen.upkeep.Upkeep;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.net.InetAddress;
import java.util.Map;

/**
 * What does the work: the store, and the jobs that use it. One process at a time has it for a data
 * directory, the one that holds its {@link io.platen.config.DataLock}.
 */
public final class Workers implements AutoCloseable {
  private static final int CORES = Runtime.getRuntime().availableProcessors();

  /**
   * Sets of buffers, 4 MiB each: enough that captures of fast disks go on while others wait for
   * slow ones.
   */
  private static final int WORKSPACES = 2 * CORES + 4;

  private final FileChunkStore store;
  private final Workspaces workspaces;
  private final CaptureTotals captures;
  private final JobRunner jobs;
  private final MachineWatch watch;
  private final Upkeep upkeep;
  private final IndexFiles indexes;

  private Workers(Platen platen, FileChunkStore store, RunDirectory run, String owner) {
    this.store = store;
    indexes = platen.indexes();
    workspaces = new Workspaces(WORKSPACES);
    var data = platen.config().data();
    var capture = new Capture(new ImageWriter(store, workspaces, CORES), run, CORES);
    captures = capture.totals();
    var config = platen.config().upkeep();
    var baseImages =
        new BaseImages(
            data,
            new ImageReader(store, workspaces, CORES),
            config.cacheBytes(),
            digest ->
                platen.database().read(handle -> platen.machineRows().standsOn(handle, digest)));
    var launch = new Launch(data, baseImages);
    var templateCapture =
        new TemplateCapture(
            platen.database(),
            platen.templateRows(),
            platen.machineRows(),
            data,
            capture,
            platen.hypervisor(),
            platen.clock(),
            platen.upkeep()::captured);
    watch =
        new MachineWatch(
            platen.database(),
            platen.machineRows(),
            platen.eventRows(),
            platen.hypervisor(),
            platen.clock());
    jobs =
        new JobRunner(
            platen.database(),
            platen.eventRows(),
            platen.clock(),
            jobs(platen, templateCapture, launch),
            owner);
    upkeep =
        new Upkeep(
            platen.database(),
            config,
            platen.clock(),
            new Upkeep.Parts(
                store,
                workspaces,
                platen.needed(),
                platen.indexes(),
                baseImages,
                platen.templateRows()),
            CORES,
            owner);
  }

  private static Map<EventName, Job> jobs(Platen platen, TemplateCapture capture, Launch launch) {
    var database = platen.database();
    var machines = platen.machineRows();
    var clock = platen.clock();
    var data = platen.config().data();
    var runs = new MachineRun(platen.hypervisor(), data, platen.catalog());
    var power = new MachinePower(database, machines, runs, clock);
    return Map.of(
        EventName.TEMPLATE_CREATE,
        capture,
        EventName.TEMPLATE_IMPORT,
        capture,
        EventName.CREATE,
        new MachineLaunch(database, machines, launch, runs, clock),
        EventName.DEACTIVATE,
        new MachineRemoval(database, machines, launch, runs, platen.indexes()),
        EventName.START,
        power,
        EventName.STOP,
        power,
        EventName.RESTART,
        power,
        EventName.VM_UPGRADE,
        new MachineGrowth(database, machines, runs, data, clock));
  }

  /**
   * Opens the store, and clears away what a crash left. The jobs do not run before they are
   * started.
   *
   * @throws IOException where the store or the directory for sockets can't be used; the message
   *     says why
   */
  public static Workers open(Platen platen) throws IOException {
    var data = platen.config().data();
    var run = RunDirectory.open(data.run());
    run.removeLeftovers();
    recoverBackups(platen);
    // Names this data directory on this host: whoever holds its lock is the only one of this name.
    String owner = InetAddress.getLocalHost().getHostName() + ":" + data.root();
    return new Workers(platen, FileChunkStore.open(data.store()), run, owner);
  }

  /** Ends what captures of running machines left when this server died. */
  private static void recoverBackups(Platen platen) throws IOException {
    var domains =
        platen.database().read(platen.machineRows()::listAll).stream()
            .flatMap(machine -> machine.domain().stream())
            .toList();
    try {
      LiveDisk.recover(platen.hypervisor(), platen.config().data().backups(), domains);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new InterruptedIOException("the start was interrupted");
    }
  }

  public JobRunner jobs() {
    return jobs;
  }

  public Upkeep upkeep() {
    return upkeep;
  }

  /**
   * Runs the jobs and the upkeep, those first that a crash left, and begins to follow what the
   * hypervisor does by itself.
   */
  void start() throws IOException {
    indexes.removeAllUnused();
    jobs.start();
    upkeep.start();
    watch.start();
  }

  /** Ends what runs, and leaves it to the next start. */
  void stop() {
    var other = Thread.ofVirtual().name("stop-upkeep").start(upkeep::close);
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
    watch.close();
    stop();
    workspaces.close();
    store.close();
  }
}
