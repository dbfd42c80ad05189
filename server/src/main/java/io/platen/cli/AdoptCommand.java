package io.platen.cli;

import io.platen.app.Platen;
import io.platen.catalog.Catalog;
import io.platen.disk.Disk;
import io.platen.disk.DiskFormat;
import io.platen.disk.ImageHeader;
import io.platen.disk.OpenDisk;
import io.platen.hypervisor.DiskChain;
import io.platen.hypervisor.DomainDescription;
import io.platen.hypervisor.DomainDisk;
import io.platen.hypervisor.HypervisorException;
import io.platen.hypervisor.OwnDomains;
import io.platen.machine.Guest;
import io.platen.machine.Machine;
import io.platen.machine.MachineDisk;
import io.platen.machine.MachineState;
import io.platen.model.Ids;
import io.platen.model.Issues;
import io.platen.model.ObjectName;
import io.platen.model.OperatingSystem;
import io.platen.model.Refusal;
import io.platen.team.TeamService;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

@Command(
    name = "adopt",
    description = {
      "Takes on a machine that is there already, and prints its id.",
      "With --disk, it is a disk: it stays where it is and is only ever read.",
      "With --domain, it is a libvirt domain: it stays as it is, and can be started, stopped and"
          + " captured, running or not. Deleting the machine lets the domain go, and changes nothing"
          + " of it."
    },
    mixinStandardHelpOptions = true)
final class AdoptCommand implements Callable<Integer> {
  private static final String DEFAULT_TYPE = "C5";

  @Spec
  @SuppressWarnings("NullAway.Init")
  private CommandSpec spec;

  @Mixin private final DataOption data = new DataOption();

  @Option(
      names = "--name",
      paramLabel = "N",
      description = "The machine's name; a domain's own name where it is left out.")
  private @Nullable String name;

  @Option(
      names = "--disk",
      paramLabel = "PATH",
      description = "Its disk: an image file, or a block device.")
  private @Nullable Path disk;

  @Option(
      names = "--format",
      paramLabel = "F",
      converter = FormatConverter.class,
      description = "What the disk is: raw, qcow2, vmdk, vdi or vhdx. It is never guessed.")
  private @Nullable DiskFormat format;

  @Option(names = "--domain", paramLabel = "NAME", description = "A libvirt domain.")
  private @Nullable String domain;

  @Option(names = "--all-domains", description = "All libvirt domains that are not adopted yet.")
  private boolean allDomains;

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
      description =
          "What it runs on (default: C5; of a domain, the smallest type that has what it has).")
  private @Nullable String machineType;

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

  /** What an adopted machine is, beside its name. */
  private record Found(
      Disk.Adopted disk,
      long bytes,
      @Nullable String target,
      String machineType,
      String architecture,
      String firmware,
      MachineState state,
      Guest guest) {}

  @Override
  public Integer call() throws Exception {
    int ways = (disk == null ? 0 : 1) + (domain == null ? 0 : 1) + (allDomains ? 1 : 0);
    if (ways != 1) {
      throw wrong("Name one of --disk, --domain and --all-domains.");
    }
    if (allDomains && name != null) {
      throw wrong("--name is for one machine; with --all-domains each has its domain's name.");
    }
    try (var platen = data.openToWork()) {
      if (allDomains) {
        return adoptAll(platen);
      }
      if (domain != null) {
        adoptDomain(platen, domain);
      } else {
        adoptDisk(platen);
      }
      return 0;
    }
  }

  private CommandLine.ParameterException wrong(String message) {
    return new CommandLine.ParameterException(spec.commandLine(), message);
  }

  private void adoptDisk(Platen platen) throws IOException {
    if (disk == null || format == null || name == null) {
      throw wrong("--disk needs --format and --name.");
    }
    String type = machineType == null ? DEFAULT_TYPE : machineType;
    var file = new Disk.Adopted(disk.toAbsolutePath().normalize(), format);
    adopt(
        platen,
        name,
        new Found(
            file,
            file.header().virtualSize(),
            null,
            type,
            "x86_64",
            "bios",
            MachineState.OFF,
            Guest.NONE));
  }

  private int adoptAll(Platen platen) throws IOException, InterruptedException {
    requireHypervisor(platen);
    var known = adopted(platen);
    boolean failed = false;
    for (var each : platen.hypervisor().names()) {
      try {
        if (!each.startsWith(OwnDomains.PREFIX)
            && !known.contains(platen.hypervisor().describe(each).uuid())) {
          adoptDomain(platen, each);
        }
      } catch (IOException | Refusal e) {
        failed = true;
        System.err.printf("%s is not adopted: %s%n", each, e.getMessage());
      }
    }
    return failed ? 1 : 0;
  }

  private static void requireHypervisor(Platen platen) throws IOException {
    if (!platen.hypervisor().isThere()) {
      throw new HypervisorException(
          platen.hypervisor().absence() + "; \"platen doctor\" says what it needs");
    }
  }

  /** The UUIDs of the domains that are machines already. */
  private static List<String> adopted(Platen platen) {
    var uuids = new ArrayList<String>();
    for (var machine : platen.machines().listAll()) {
      if (machine.guest().domain() != null) {
        uuids.add(machine.guest().domain());
      }
    }
    return uuids;
  }

  private void adoptDomain(Platen platen, String each) throws IOException, InterruptedException {
    requireHypervisor(platen);
    if (each.startsWith(OwnDomains.PREFIX)) {
      throw new HypervisorException(
          "%s is the domain of a machine that Platen launched".formatted(each));
    }
    var description = platen.hypervisor().describe(each);
    if (adopted(platen).contains(description.uuid())) {
      throw new HypervisorException("the domain %s is adopted already".formatted(each));
    }
    var boot = bootDisk(description);
    var images = DiskChain.stated(description, boot);
    adopt(
        platen,
        name == null ? description.name() : name,
        new Found(
            images.getFirst(),
            size(description, boot, images),
            boot.target(),
            machineType == null ? type(platen.catalog(), description) : machineType,
            description.architecture(),
            description.firmware(),
            description.isActive() ? MachineState.READY : MachineState.OFF,
            new Guest(description.uuid(), null)));
  }

  /** The disk that is captured: the one the domain boots from. */
  private static DomainDisk bootDisk(DomainDescription description) throws IOException {
    if (description.disks().isEmpty()) {
      throw new HypervisorException(
          "the domain %s has no disk to capture".formatted(description.name()));
    }
    var boot = description.disks().getFirst();
    if (description.disks().size() > 1) {
      System.err.printf(
          "%s has several disks: templates hold its boot disk %s (%s), not %s%n",
          description.name(),
          boot.target(),
          boot.image().path(),
          description.disks().stream()
              .skip(1)
              .map(other -> other.target() + " (" + other.image().path() + ")")
              .collect(Collectors.joining(", ")));
    }
    return boot;
  }

  /** The size of a disk that can be captured; one that runs can't be opened by others. */
  private static long size(
      DomainDescription description, DomainDisk boot, List<Disk.Adopted> images)
      throws IOException {
    if (!description.isActive()) {
      try (var open = OpenDisk.open(DiskChain.of(description, boot, List.of()))) {
        return open.size();
      }
    }
    long size = 0;
    for (var image : images.reversed()) {
      size = ImageHeader.readInUse(image.path(), image.format()).virtualSize();
    }
    return size;
  }

  private String type(Catalog catalog, DomainDescription description) {
    return catalog
        .smallest(region, description.cpus(), description.memory())
        .map(found -> found.label())
        .orElse(DEFAULT_TYPE);
  }

  private void adopt(Platen platen, String named, Found found) throws IOException {
    var issues = new Issues();
    String checkedName = ObjectName.check("--name", named, issues);
    String checkedRegion = region(platen.catalog(), found.machineType(), issues);
    issues.throwIfAny();
    var file = found.disk();
    long bytes = found.bytes();
    Instant now = Instant.now().truncatedTo(ChronoUnit.MILLIS);
    var machine =
        Machine.create(
                Ids.machine(),
                platen.teams().team(team).id(),
                checkedName,
                found.state(),
                checkedRegion,
                found.machineType(),
                new OperatingSystem(agentType, os, found.architecture(), found.firmware()),
                MachineDisk.adopted(file, bytes, found.target()),
                now)
            .withGuest(found.guest());
    platen.machines().adopt(machine);
    System.err.printf(
        "adopted %s with %s (%s, %.1f GiB) for the team %s%n",
        checkedName, file.path(), file.format().label(), bytes / (double) (1L << 30), team);
    System.out.println(machine.id());
  }

  private String region(Catalog catalog, String type, Issues issues) {
    var found = catalog.region(region);
    if (found.isEmpty()) {
      issues.add(
          "--region",
          "\"%s\" is not one of %s".formatted(region, String.join(", ", catalog.regionNames())));
      return region;
    }
    var known = catalog.machineType(type);
    if (known.isEmpty()) {
      issues.add(
          "--machine-type",
          "\"%s\" is not one of %s"
              .formatted(type, String.join(", ", catalog.machineTypeLabels())));
    } else if (!known.get().regions().contains(found.get().name())) {
      issues.add("--machine-type", "%s is not offered in %s".formatted(type, found.get().name()));
    }
    return found.get().name();
  }
}
