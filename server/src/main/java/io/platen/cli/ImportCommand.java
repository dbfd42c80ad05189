package io.platen.cli;

import io.platen.app.Platen;
import io.platen.client.ProgressBar;
import io.platen.disk.Disk;
import io.platen.disk.DiskFormat;
import io.platen.event.Event;
import io.platen.event.EventState;
import io.platen.model.Refusal;
import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
    name = "import",
    description = {
      "Makes an OS template of a disk image, and prints its id.",
      "A server that runs on the data directory does the work; where there is none, this command does."
    },
    mixinStandardHelpOptions = true)
final class ImportCommand implements Callable<Integer> {
  @Mixin private final DataOption data = new DataOption();
  @Mixin private final ReaderOption reader = new ReaderOption();

  @Parameters(paramLabel = "PATH", description = "The image file, or a block device.")
  @SuppressWarnings("NullAway.Init")
  private Path path;

  @Option(
      names = "--format",
      paramLabel = "F",
      required = true,
      converter = FormatConverter.class,
      description = "What the image is: raw, qcow2, vmdk, vdi or vhdx. It is never guessed.")
  @SuppressWarnings("NullAway.Init")
  private DiskFormat format;

  @Option(names = "--name", paramLabel = "N", required = true, description = "The template's name.")
  @SuppressWarnings("NullAway.Init")
  private String name;

  @Option(
      names = "--id",
      paramLabel = "ID",
      description =
          "The template's id, such as t0nspur5, where clients name a certain one (default: a random one).")
  private @Nullable String id;

  @Option(
      names = "--os",
      paramLabel = "LABEL",
      description = "Its operating system, for people to read (default: ${DEFAULT-VALUE}).")
  private String os = "Linux";

  @Option(
      names = "--agent-type",
      paramLabel = "A",
      description = "Its agent type (default: ${DEFAULT-VALUE}).")
  private String agentType = "LinuxHeadless";

  @Override
  public Integer call() throws Exception {
    if (reader.isAll()) {
      reader.letRead(path);
      return 0;
    }
    try (var platen = data.openOrMakeToWork()) {
      var file = new Disk.Adopted(path.toAbsolutePath().normalize(), format);
      var begun = platen.imports().begin(id, name, file, os, agentType);
      var ended = work(platen, begun.event());
      if (ended.state() != EventState.DONE) {
        throw new IOException(ended.error() == null ? ended.state().label() : ended.error());
      }
      System.out.println(begun.template().id());
      return 0;
    } catch (Refusal e) {
      throw new IOException(OptionIssues.text(e), e);
    }
  }

  private static Event work(Platen platen, Event event) throws Exception {
    var bar = new ProgressBar(System.err, "importing");
    var ended =
        SharedWork.await(
            platen,
            workers -> workers.jobs().runNow(event),
            () -> show(platen.events().find(event.id()).orElseThrow(), bar),
            now -> now.state().isFinal());
    bar.end(ended.state().label(), ended.progress().bytesDone(), ended.progress().bytesTotal());
    return ended;
  }

  private static Event show(Event event, ProgressBar bar) {
    var progress = event.progress();
    if (!event.state().isFinal()) {
      bar.show(
          progress.phase(),
          progress.bytesDone(),
          progress.bytesTotal(),
          progress.bytesPerSecond(),
          progress.secondsLeft());
    }
    return event;
  }
}
