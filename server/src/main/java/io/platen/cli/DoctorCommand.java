package io.platen.cli;

import com.fasterxml.jackson.databind.cfg.EnumFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.platen.app.Platen;
import io.platen.client.ExitStatus;
import io.platen.config.ServerConfig;
import io.platen.database.Outage;
import io.platen.doctor.DataCheck;
import io.platen.doctor.Diagnosis;
import io.platen.doctor.HostCheck;
import io.platen.hypervisor.Hypervisor;
import io.platen.node.DirectoryFile;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(
    name = "doctor",
    description = {
      "Says what this host has of what Platen needs, whether database and store belong together, and what mends the rest.",
      "It changes nothing. The exit status is 1 where something is missing that Platen can't do"
          + " without."
    },
    mixinStandardHelpOptions = true)
final class DoctorCommand implements Callable<Integer> {
  @Mixin private final DataOption data = new DataOption();

  @Option(
      names = "--json",
      description = "Prints one JSON object for monitoring: isHealthy, and findings.")
  private boolean json;

  /** What is printed as JSON. */
  private record Report(boolean isHealthy, List<Diagnosis> findings) {}

  @Override
  public Integer call() throws Exception {
    var config = data.read(null, null);
    var hypervisor = new Hypervisor(config.hypervisor());
    var found = new ArrayList<>(HostCheck.run(hypervisor, config.data()));
    found.add(machines(config, hypervisor));
    found.addAll(DataCheck.run(config));
    boolean missing =
        found.stream().anyMatch(diagnosis -> diagnosis.kind() == Diagnosis.Kind.MISSING);
    if (json) {
      var mapper = JsonMapper.builder().enable(EnumFeature.WRITE_ENUMS_TO_LOWERCASE).build();
      System.out.println(mapper.writeValueAsString(new Report(!missing, found)));
    } else {
      print(found);
    }
    return missing ? ExitStatus.FAILED : ExitStatus.DONE;
  }

  private static void print(List<Diagnosis> found) {
    for (var diagnosis : found) {
      System.out.printf(
          "%-9s%-20s %s%n", word(diagnosis.kind()), diagnosis.what(), diagnosis.detail());
      if (!diagnosis.remedy().isEmpty()) {
        System.out.printf("%29s mend: %s%n", "", diagnosis.remedy());
      }
    }
  }

  private static Diagnosis machines(ServerConfig config, Hypervisor hypervisor)
      throws InterruptedException {
    try {
      new DirectoryFile(config).requireDatabase();
      int lost = Platen.lostMachines(config, hypervisor);
      return lost == 0
          ? new Diagnosis(Diagnosis.Kind.OK, "machines", "the database knows all that are here", "")
          : new Diagnosis(
              Diagnosis.Kind.OPTIONAL,
              "machines",
              "the database does not know %d that are here".formatted(lost),
              "platen machine recover");
    } catch (IOException | RuntimeException e) {
      return new Diagnosis(
          Diagnosis.Kind.OPTIONAL,
          "machines",
          "not compared with the database: " + Outage.words(e),
          "");
    }
  }

  private static String word(Diagnosis.Kind kind) {
    return switch (kind) {
      case OK -> "ok";
      case OPTIONAL -> "optional";
      case MISSING -> "MISSING";
    };
  }
}
