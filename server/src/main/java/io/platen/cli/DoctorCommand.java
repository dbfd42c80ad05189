package io.platen.cli;

import io.platen.hypervisor.Diagnosis;
import io.platen.hypervisor.HostCheck;
import io.platen.hypervisor.Hypervisor;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

@Command(
    name = "doctor",
    description = {
      "Tells what this host has of what Platen needs, and what mends the rest.",
      "It changes nothing. The exit status is 1 where something is missing that Platen can't do"
          + " without."
    },
    mixinStandardHelpOptions = true)
final class DoctorCommand implements Callable<Integer> {
  @Mixin private final DataOption data = new DataOption();

  @Override
  public Integer call() throws Exception {
    // Without the database: what is wrong with it must not keep anybody from being told the rest.
    var config = data.read(null, null);
    boolean missing = false;
    for (var diagnosis : HostCheck.run(new Hypervisor(config.hypervisor()), config.data())) {
      missing |= diagnosis.kind() == Diagnosis.Kind.MISSING;
      System.out.printf(
          "%-9s%-20s %s%n", word(diagnosis.kind()), diagnosis.what(), diagnosis.detail());
      if (!diagnosis.remedy().isEmpty()) {
        System.out.printf("%29s mend: %s%n", "", diagnosis.remedy());
      }
    }
    return missing ? 1 : 0;
  }

  private static String word(Diagnosis.Kind kind) {
    return switch (kind) {
      case OK -> "ok";
      case OPTIONAL -> "optional";
      case MISSING -> "MISSING";
    };
  }
}
