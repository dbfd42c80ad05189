package io.platen.template;

import io.platen.capture.Capture;
import io.platen.chunkstore.Cancellation;
import io.platen.chunkstore.ImageWritten;
import io.platen.config.DataDirectory;
import io.platen.database.Database;
import io.platen.disk.Disk;
import io.platen.event.Event;
import io.platen.event.Job;
import io.platen.event.JobContext;
import io.platen.machine.Machine;
import io.platen.machine.MachineRepository;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import org.jboss.logging.Logger;
import org.jdbi.v3.core.Handle;
import org.jspecify.annotations.Nullable;

/**
 * The job behind {@code template-create} and {@code template-import}: the disk of a machine, or of
 * a file, is captured.
 */
public final class TemplateCapture implements Job {
  private static final Logger LOG = Logger.getLogger(TemplateCapture.class);

  private final Database database;
  private final TemplateRepository templates;
  private final MachineRepository machines;
  private final DataDirectory data;
  private final Capture capture;
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
      DataDirectory data,
      Capture capture,
      InstantSource clock,
      AfterCapture after) {
    this.database = database;
    this.templates = templates;
    this.machines = machines;
    this.data = data;
    this.capture = capture;
    this.clock = clock;
    this.after = after;
  }

  /**
   * What is captured.
   *
   * @param parent the index that what the machine did not change is copied from
   */
  private record Source(Disk disk, @Nullable Path parent) {}

  @Override
  public Outcome run(Event event, JobContext context) throws Exception {
    String templateId = event.requireTemplateId();
    var template =
        database
            .read(handle -> templates.find(handle, templateId))
            .orElseThrow(() -> new IOException("the template " + templateId + " was deleted"));
    var source = source(template, event);
    long size = source.disk().header().virtualSize();
    context.phase("capturing", size);
    var cancellation = new Cancellation();
    context.onStop(cancellation::cancel);
    long start = System.nanoTime();
    var written =
        capture.run(
            source.disk(),
            source.parent(),
            data.index(templateId),
            context::advanced,
            cancellation);
    context.moved(written.bytesRead(), written.storedBytes());
    log(event, written, System.nanoTime() - start);
    return handle -> {
      templates.complete(handle, templateId, written.size(), written.digest());
      after.captured(handle, templateId);
    };
  }

  private Source source(Template template, Event event) throws IOException {
    var file = template.source();
    if (file != null) {
      return new Source(file, null);
    }
    String machineId = event.requireMachineId();
    return source(
        database
            .read(handle -> machines.find(handle, machineId))
            .orElseThrow(() -> new IOException("the machine " + machineId + " was deleted")));
  }

  private Source source(Machine machine) throws IOException {
    var adopted = machine.adopted();
    if (adopted != null) {
      return new Source(adopted, null);
    }
    var base = machine.base();
    if (base == null) {
      throw new IOException("the machine " + machine.id() + " has no disk");
    }
    @Nullable Path parent = data.index(base.templateId());
    if (!Files.exists(parent)) {
      LOG.warnf("%s is missing: the disk of %s is read as a whole", parent, machine.id());
      parent = null;
    }
    return new Source(
        new Disk.Machine(data.machineDisk(machine.id()), data.baseImage(base.indexDigest())),
        parent);
  }

  private static void log(Event event, ImageWritten written, long nanos) {
    LOG.infof(
        "%s %s: %d bytes in %.1f s: %d read, %d zero, %d inherited, %d deduplicated, %d new, %d stored",
        event.name().label(),
        event.id(),
        written.size(),
        nanos / 1e9,
        written.bytesRead(),
        written.zeroBytes(),
        written.inheritedBytes(),
        written.deduplicatedBytes(),
        written.newBytes(),
        written.storedBytes());
  }

  @Override
  public void failed(Handle handle, Event event) {
    templates.fail(handle, event.requireTemplateId(), clock.instant());
  }
}
