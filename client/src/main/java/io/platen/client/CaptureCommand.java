package io.platen.client;

import java.io.IOException;
import java.util.Map;
import picocli.CommandLine.Option;

/** Begins the capture of a machine's disk, under a name. */
abstract class CaptureCommand extends WorkCommand {
  @Option(
      names = "--machine",
      required = true,
      paramLabel = "MACHINE",
      description = "The machine's id or name.")
  @SuppressWarnings("NullAway.Init")
  private String machine;

  @Option(names = "--name", required = true, paramLabel = "NAME", description = "The new name.")
  @SuppressWarnings("NullAway.Init")
  private String name;

  /** Where the capture is asked for. */
  abstract String path();

  @Override
  final Api.Answer begin(Api api) throws IOException {
    String id = new Find(api).object(Kind.MACHINE, machine).path("id").asText();
    return api.post(path(), Map.of("machineId", id, "name", name));
  }
}
