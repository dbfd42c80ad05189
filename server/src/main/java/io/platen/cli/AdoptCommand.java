package io.platen.cli;

import io.platen.api.ApiException;
import io.platen.api.Ids;
import io.platen.api.Issues;
import io.platen.api.ObjectName;
import io.platen.catalog.Catalog;
import io.platen.disk.Disk;
import io.platen.disk.DiskFormat;
import io.platen.machine.Guest;
import io.platen.machine.Machine;
import io.platen.machine.MachineState;
import io.platen.team.TeamService;
import java.nio.file.Path;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(
    name = "adopt",
    description = {
      "Takes on a machine whose disk is there already, and prints its id.",
      "The disk stays where it is and is only ever read."
    },
    mixinStandardHelpOptions = true)
final class AdoptCommand implements Callable<Integer> {
  @Mixin private final DataOption data = new DataOption();

  @Option(names = "--name", paramLabel = "N", required = true, description = "The machine's name.")
  @SuppressWarnings("NullAway.Init")
  private String name;

  @Option(
      names = "--disk",
      paramLabel = "PATH",
      required = true,
      description = "Its disk: an image file, or a block device.")
  @SuppressWarnings("NullAway.Init")
  private Path disk;

  @Option(
      names = "--format",
      paramLabel = "F",
      required = true,
      converter = FormatConverter.class,
      description = "What the disk is: raw, qcow2, vmdk, vdi or vhdx. It is never guessed.")
  @SuppressWarnings("NullAway.Init")
  private DiskFormat format;

  @Option(
      names = "--team",
      paramLabel = "T",
      description = "The team it belongs to, made if there is none (default: ${DEFAULT-VALUE}).")
  private String team = TeamService.DEFAULT_TEAM;

  @Option(
      names = "--region",
      paramLabel = "R",
      description = "Where it is (default: ${DEFAULT-VALUE}).")
  private String region = "ny2";

  @Option(
      names = "--machine-type",
      paramLabel = "TYPE",
      description = "What it runs on (default: ${DEFAULT-VALUE}).")
  private String machineType = "C5";

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
    try (var platen = data.open()) {
      var issues = new Issues();
      String checkedName = ObjectName.check("--name", name, issues);
      String checkedRegion = region(platen.catalog(), issues);
      issues.throwIfAny();
      var file = new Disk.Adopted(disk.toAbsolutePath().normalize(), format);
      long bytes = file.header().virtualSize();
      Instant now = Instant.now().truncatedTo(ChronoUnit.MILLIS);
      var teamId = platen.teams().team(team).id();
      var machine =
          new Machine(
              Ids.machine(),
              teamId,
              checkedName,
              MachineState.OFF,
              machineType,
              agentType,
              os,
              checkedRegion,
              "x86_64",
              "bios",
              bytes,
              file,
              null,
              Guest.NONE,
              now,
              now,
              null);
      platen.machines().adopt(machine);
      System.err.printf(
          "adopted %s (%s, %.1f GiB) for the team %s%n",
          file.path(), format.label(), bytes / (double) (1L << 30), team);
      System.out.println(machine.id());
      return 0;
    }
  }

  private String region(Catalog catalog, Issues issues) throws ApiException {
    var found = catalog.region(region);
    if (found.isEmpty()) {
      issues.add(
          "--region",
          "\"%s\" is not one of %s".formatted(region, String.join(", ", catalog.regionNames())));
      return region;
    }
    var type = catalog.machineType(machineType);
    if (type.isEmpty()) {
      issues.add(
          "--machine-type",
          "\"%s\" is not one of %s"
              .formatted(machineType, String.join(", ", catalog.machineTypeLabels())));
    } else if (!type.get().regions().contains(found.get().name())) {
      issues.add(
          "--machine-type", "%s is not offered in %s".formatted(machineType, found.get().name()));
    }
    return found.get().name();
  }
}
