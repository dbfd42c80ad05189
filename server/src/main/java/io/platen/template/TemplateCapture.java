package io.platen.template;

import io.platen.capture.Capture;
import io.platen.capture.CaptureSummary;
import io.platen.chunkstore.Cancellation;
import io.platen.chunkstore.ImageWritten;
import io.platen.chunkstore.PublishedImage;
import io.platen.database.Database;
import io.platen.disk.Disk;
import io.platen.disk.OpenDisk;
import io.platen.event.Event;
import io.platen.job.Job;
import io.platen.job.JobContext;
import io.platen.machine.MachineRepository;
import java.io.IOException;
import java.time.InstantSource;
import java.util.function.Consumer;
import org.jboss.logging.Logger;
import org.jdbi.v3.core.Handle;

/**
 * The job behind {@code template-create} and {@code template-import}: the disk of a machine, or of
 * a file, is captured.
 */
public final class TemplateCapture implements Job {
  private static final Logger LOG = Logger.getLogger(TemplateCapture.class);

  private final Database database;
  private final TemplateRepository templates;
  private final MachineRepository machines;
  private final Publication publication;
  private final Capture capture;
  private final MachineCapture machineCapture;
  private final InstantSource clock;
  private final AfterCapture after;

  /** What else is written, in the same transaction, when a template is complete. */
  @FunctionalInterface
  public interface AfterCapture {
    void captured(Handle handle, String templateId);
  }

  public TemplateCapture(
      Database database,
      TemplateRepository templates,
      MachineRepository machines,
      Publication publication,
      Capture capture,
      MachineCapture machineCapture,
      InstantSource clock,
      AfterCapture after) {
    this.database = database;
    this.templates = templates;
    this.machines = machines;
    this.publication = publication;
    this.capture = capture;
    this.machineCapture = machineCapture;
    this.clock = clock;
    this.after = after;
  }

  @Override
  public Outcome run(Event event, JobContext context) throws Exception {
    String templateId = event.requireTemplateId();
    var template =
        database
            .read(handle -> templates.find(handle, templateId))
            .orElseThrow(() -> new IOException("the template " + templateId + " was deleted"));
    var cancellation = new Cancellation();
    context.onStop(cancellation::cancel);
    var published = publication.begin(templateId, context, cancellation);
    if (published.isPresent()) {
      return published(event, context, published.get());
    }
    long start = System.nanoTime();
    if (template.source() != null) {
      var written = imported(template, template.source(), context, cancellation);
      return outcome(event, context, written, System.nanoTime() - start, _ -> {});
    }
    String machineId = event.requireMachineId();
    var machine = database.read(handle -> machines.require(handle, machineId));
    var captured = machineCapture.run(machine, templateId, context, cancellation);
    var written = captured.written();
    return outcome(
        event,
        context,
        written,
        System.nanoTime() - start,
        handle -> machineCapture.found(handle, machine, captured));
  }

  private Outcome outcome(
      Event event, JobContext context, ImageWritten written, long nanos, Consumer<Handle> more)
      throws IOException {
    publication.complete(event.requireTemplateId(), written.size(), written.digest(), false);
    context.moved(written.bytesRead(), written.storedBytes());
    LOG.infof("%s %s: %s", event.name().label(), event.id(), CaptureSummary.of(written, nanos));
    return handle -> {
      complete(handle, event, written.size(), written.digest());
      more.accept(handle);
    };
  }

  /**
   * Takes what an earlier attempt published before its outcome was written. It may have been: where
   * an older database was put back, people know this template as it is.
   */
  private Outcome published(Event event, JobContext context, PublishedImage image)
      throws IOException {
    publication.complete(event.requireTemplateId(), image.size(), image.digest(), false);
    String consistency = event.progress().consistency();
    if (consistency != null) {
      context.consistency(consistency);
    }
    LOG.infof("%s %s: published already", event.name().label(), event.id());
    return handle -> complete(handle, event, image.size(), image.digest());
  }

  private void complete(Handle handle, Event event, long size, String digest) {
    String templateId = event.requireTemplateId();
    publication.publish(handle, templateId, size, digest);
    after.captured(handle, templateId);
  }

  private ImageWritten imported(
      Template template, Disk.Adopted file, JobContext context, Cancellation cancellation)
      throws IOException, InterruptedException {
    try (var disk = OpenDisk.open(file)) {
      if (disk.size() != template.diskBytes()) {
        throw new IOException(
            "%s has a disk of %d bytes, and had %d when its import was asked for; wait until it is complete, then import it again"
                .formatted(file.path(), disk.size(), template.diskBytes()));
      }
      context.phase("capturing", disk.size());
      return capture.run(disk, null, template.id(), context::advanced, cancellation);
    }
  }

  @Override
  public void failed(Handle handle, Event event) {
    templates.fail(handle, event.requireTemplateId(), clock.instant());
  }
}
