package io.platen.snapshot;

import io.platen.capture.CaptureSummary;
import io.platen.chunkstore.Cancellation;
import io.platen.config.DataDirectory;
import io.platen.database.Database;
import io.platen.event.Event;
import io.platen.identity.NewIdentity;
import io.platen.job.Job;
import io.platen.job.JobContext;
import io.platen.machine.AutomationRows;
import io.platen.machine.MachineRepository;
import io.platen.template.MachineCapture;
import io.platen.template.Publication;
import io.platen.template.TemplateCapture;
import io.platen.template.TemplateDeletion;
import io.platen.template.TemplateRepository;
import java.io.IOException;
import java.time.Duration;
import java.time.InstantSource;
import org.jboss.logging.Logger;
import org.jdbi.v3.core.Handle;

/** The job behind {@code snapshot-create}: a machine's disk is captured, whether or not it runs. */
public final class SnapshotCapture implements Job {
  private static final Logger LOG = Logger.getLogger(SnapshotCapture.class);

  /** When an automatic snapshot that failed is begun again, at the latest. */
  private static final Duration AGAIN = Duration.ofHours(1);

  private final Database database;
  private final SnapshotRepository snapshots;
  private final TemplateRepository templates;
  private final TemplateDeletion deletion;
  private final MachineRepository machines;
  private final Publication publication;
  private final MachineCapture capture;
  private final DataDirectory data;
  private final InstantSource clock;
  private final TemplateCapture.AfterCapture after;

  /**
   * @param after what else is written when a snapshot is complete
   */
  public SnapshotCapture(
      Database database,
      SnapshotRepository snapshots,
      TemplateRepository templates,
      TemplateDeletion deletion,
      MachineRepository machines,
      Publication publication,
      MachineCapture capture,
      DataDirectory data,
      InstantSource clock,
      TemplateCapture.AfterCapture after) {
    this.database = database;
    this.snapshots = snapshots;
    this.templates = templates;
    this.deletion = deletion;
    this.machines = machines;
    this.publication = publication;
    this.capture = capture;
    this.data = data;
    this.clock = clock;
    this.after = after;
  }

  @Override
  public Outcome run(Event event, JobContext context) throws Exception {
    String id = event.requireTemplateId();
    var snapshot =
        database
            .read(handle -> snapshots.find(handle, id))
            .orElseThrow(() -> new IOException("the snapshot " + id + " was deleted"));
    return take(snapshot, event, context);
  }

  /**
   * Captures a snapshot, unless an earlier attempt has. The caller has the machine's turn.
   *
   * @return what has to be written then, in one transaction
   */
  Outcome take(Snapshot snapshot, Event event, JobContext context)
      throws IOException, InterruptedException {
    String id = snapshot.id();
    var cancellation = new Cancellation();
    context.onStop(cancellation::cancel);
    // Of an attempt that was cut off, the machine may have been started since.
    boolean fresh = !NewIdentity.isDone(data.machine(snapshot.machineId()));
    var published = publication.begin(id, context, cancellation);
    if (published.isPresent()) {
      LOG.infof("%s %s: published already", event.name().label(), event.id());
      var image = published.get();
      publication.complete(id, image.size(), image.digest(), fresh);
      return handle -> complete(handle, snapshot, image.size(), image.digest(), fresh);
    }
    long start = System.nanoTime();
    var machine = database.read(handle -> machines.require(handle, snapshot.machineId()));
    var earlier = database.read(handle -> snapshots.earlier(handle, machine.id()));
    var captured = capture.run(machine, id, earlier, context, cancellation);
    var written = captured.written();
    publication.complete(id, written.size(), written.digest(), fresh);
    context.moved(written.bytesRead(), written.storedBytes());
    LOG.infof(
        "%s %s: snapshot %s of %s",
        event.name().label(),
        event.id(),
        id,
        CaptureSummary.of(written, System.nanoTime() - start));
    return handle -> {
      complete(handle, snapshot, written.size(), written.digest(), fresh);
      capture.found(handle, machine, captured);
      snapshots.noteDisk(handle, id, captured.print(), captured.bitmap());
    };
  }

  private void complete(Handle handle, Snapshot snapshot, long size, String digest, boolean fresh) {
    String id = snapshot.id();
    publication.publish(handle, id, size, digest);
    if (fresh) {
      snapshots.noteFresh(handle, id);
    }
    after.captured(handle, id);
    if (snapshot.isAuto()) {
      removeOldest(handle, snapshot.machineId(), id);
    }
  }

  /**
   * Deletes the automatic snapshots of a machine beyond the number that it keeps, for good: nobody
   * deleted them by mistake, and the number says what may be kept of them.
   */
  private void removeOldest(Handle handle, String machineId, String taken) {
    var count =
        machines
            .find(handle, machineId)
            .map(machine -> machine.automation().snapshots().saveCount());
    if (count.isPresent()) {
      var now = clock.instant();
      var all = snapshots.automatic(handle, machineId);
      for (var old : Retention.beyond(all, count.get(), taken, now)) {
        deletion.purge(handle, old.id(), now);
        LOG.infof(
            "the automatic snapshot %s of %s is deleted: it keeps %d",
            old.id(), machineId, count.get());
      }
    }
  }

  @Override
  public void failed(Handle handle, Event event) {
    String id = event.requireTemplateId();
    var now = clock.instant();
    boolean isAuto = snapshots.find(handle, id).map(Snapshot::isAuto).orElse(false);
    templates.fail(handle, id, now);
    if (isAuto) {
      AutomationRows.dueBy(handle, event.requireMachineId(), now.plus(AGAIN));
    }
  }
}
