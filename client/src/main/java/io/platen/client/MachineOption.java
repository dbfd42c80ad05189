package io.platen.client;

import java.io.IOException;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Lists what belongs to one machine. */
final class MachineOption {
  @Option(
      names = "--machine",
      paramLabel = "MACHINE",
      description = "Only those of this machine (its id, or its name).")
  private @Nullable String machine;

  /** The parameters of the request. */
  Map<String, String> query(Api api) throws IOException {
    return machine == null ? Map.of() : Map.of("machineId", new Find(api).machineId(machine));
  }
}
