package io.platen.template;

import io.platen.capture.Capture;
import io.platen.chunkstore.Cancellation;
import io.platen.chunkstore.ImageWritten;
import io.platen.config.DataDirectory;
import io.platen.database.Database;
import io.platen.disk.Disk;
import io.platen.disk.DiskLocked;
import io.platen.event.Event;
import io.platen.event.Job;
import io.platen.event.JobContext;
import io.platen.hypervisor.Hypervisor;
import io.platen.hypervisor.LiveDisk;
import io.platen.machine.Machine;
import io.platen.machine.MachineRepository;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.Optional;
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
  private final Hypervisor hypervisor;
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
      Hypervisor hypervisor,
      InstantSource clock,
      AfterCapture after) {
    this.database = database;
    this.templates = templates;
    this.machines = machines;
    this.data = data;
    this.capture = capture;
    this.hypervisor = hypervisor;
    this.clock = clock;
    this.after = after;
  }

  /**
   * What is captured.
   *
   * @param parent the index that what the machine did not change is copied from
   * @param domain what runs on it when it runs
   */
  private record Source(Disk disk, @Nullable Path parent, Optional<String> domain) {}

  @Override
  public Outcome run(Event event, JobContext context) throws Exception {
    String templateId = event.requireTemplateId();
    var template =
        database
            .read(handle -> templates.find(handle, templateId))
            .orElseThrow(() -> new IOException("the template " + templateId + " was deleted"));
    var source = source(template, event);
    var cancellation = new Cancellation();
    context.onStop(cancellation::cancel);
    long start = System.nanoTime();
    var written = captured(source, data.index(templateId), context, cancellation);
    context.moved(written.bytesRead(), written.storedBytes());
    log(event, written, System.nanoTime() - start);
    return handle -> {
      templates.complete(handle, templateId, written.size(), written.digest());
      after.captured(handle, templateId);
    };
  }

  /**
   * A machine that runs is captured while it does; its disk can't be opened by others then. One
   * that starts, or ends, at the wrong moment is captured the other way.
   */
  private ImageWritten captured(
      Source source, Path target, JobContext context, Cancellation cancellation)
      throws IOException, InterruptedException {
    if (runs(source)) {
      try {
        return live(source, target, context, cancellation);
      } catch (IOException e) {
        if (cancellation.isCancelled() || runs(source)) {
          throw e;
        }
        LOG.infof("%s ended during its capture, which begins again", source.domain().orElseThrow());
      }
    }
    try {
      return still(source, target, context, cancellation);
    } catch (DiskLocked e) {
      if (!runs(source)) {
        throw e;
      }
      return live(source, target, context, cancellation);
    }
  }

  private boolean runs(Source source) throws IOException, InterruptedException {
    return source.domain().isPresent()
        && hypervisor.isThere()
        && hypervisor.isActive(source.domain().get());
  }

  private ImageWritten live(
      Source source, Path target, JobContext context, Cancellation cancellation)
      throws IOException, InterruptedException {
    boolean overlay = source.disk() instanceof Disk.Machine;
    try (var disk =
        LiveDisk.open(
            hypervisor,
            source.domain().orElseThrow(),
            data.backups(),
            source.disk().path(),
            overlay)) {
      context.consistency(disk.isQuiesced() ? "agent" : "crash");
      context.phase("capturing", 0);
      return capture.run(disk, source.parent(), target, context::advanced, cancellation);
    }
  }

  private ImageWritten still(
      Source source, Path target, JobContext context, Cancellation cancellation)
      throws IOException, InterruptedException {
    context.phase("capturing", source.disk().header().virtualSize());
    return capture.run(source.disk(), source.parent(), target, context::advanced, cancellation);
  }

  private Source source(Template template, Event event) throws IOException {
    var file = template.source();
    if (file != null) {
      return new Source(file, null, Optional.empty());
    }
    String machineId = event.requireMachineId();
    return source(database.read(handle -> machines.require(handle, machineId)));
  }

  private Source source(Machine machine) throws IOException {
    var adopted = machine.adopted();
    if (adopted != null) {
      return new Source(adopted, null, machine.domain());
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
        parent,
        machine.domain());
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
