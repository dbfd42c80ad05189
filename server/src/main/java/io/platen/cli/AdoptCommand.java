package io.platen.cli;

import io.platen.disk.Disk;
import io.platen.disk.DiskFormat;
import io.platen.hypervisor.Hypervisor;
import io.platen.machine.AdoptionService;
import io.platen.model.Refusal;
import io.platen.team.TeamService;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
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
  @Spec
  @SuppressWarnings("NullAway.Init")
  private CommandSpec spec;

  @Mixin private final DataOption data = new DataOption();
  @Mixin private final ReaderOption reader = new ReaderOption();

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

  @Override
  public Integer call() throws Exception {
    int ways = (disk == null ? 0 : 1) + (domain == null ? 0 : 1) + (allDomains ? 1 : 0);
    if (ways != 1) {
      throw wrong("Name one of --disk, --domain and --all-domains.");
    }
    if (allDomains && name != null) {
      throw wrong("--name is for one machine; with --all-domains each has its domain's name.");
    }
    if (reader.isAll()) {
      letRead();
      return 0;
    }
    try (var platen = data.openOrMakeToWork()) {
      var adoption = platen.adoption();
      if (allDomains) {
        return adoptAll(adoption);
      }
      print(domain == null ? adoptDisk(adoption) : adoption.adoptDomain(wish(), domain));
      return 0;
    } catch (Refusal e) {
      throw new IOException(OptionIssues.text(e), e);
    }
  }

  private void letRead() throws Exception {
    if (disk != null) {
      reader.letRead(disk);
      return;
    }
    var hypervisor = new Hypervisor(data.read(null, null).hypervisor());
    var domains = domain != null ? List.of(domain) : AdoptionService.domains(hypervisor);
    for (var each : domains) {
      try {
        for (var image : AdoptionService.images(hypervisor, each)) {
          reader.letRead(image.path());
        }
      } catch (IOException e) {
        if (!allDomains) {
          throw e;
        }
        // The others are adopted all the same.
        System.err.printf("%s: %s%n", each, e.getMessage());
      }
    }
  }

  private CommandLine.ParameterException wrong(String message) {
    return new CommandLine.ParameterException(spec.commandLine(), message);
  }

  private AdoptionService.Wish wish() {
    return new AdoptionService.Wish(name, team, region, machineType, os, agentType);
  }

  private AdoptionService.Adopted adoptDisk(AdoptionService adoption) throws IOException {
    if (disk == null || format == null || name == null) {
      throw wrong("--disk needs --format and --name.");
    }
    return adoption.adoptDisk(wish(), new Disk.Adopted(disk.toAbsolutePath().normalize(), format));
  }

  private int adoptAll(AdoptionService adoption) throws IOException, InterruptedException {
    boolean failed = false;
    for (var each : adoption.domains()) {
      try {
        adoption.adoptNewDomain(wish(), each).ifPresent(this::print);
      } catch (IOException e) {
        failed = true;
        System.err.printf("%s is not adopted: %s%n", each, e.getMessage());
      } catch (Refusal e) {
        failed = true;
        System.err.printf("%s is not adopted: %s%n", each, OptionIssues.text(e));
      }
    }
    return failed ? 1 : 0;
  }

  private void print(AdoptionService.Adopted adopted) {
    if (!adopted.remark().isEmpty()) {
      System.err.println(adopted.remark());
    }
    var machine = adopted.machine();
    System.err.printf(
        "adopted %s with %s (%s, %.1f GiB) for the team %s%n",
        machine.name(),
        adopted.disk().path(),
        adopted.disk().format().label(),
        machine.disk().bytes() / (double) (1L << 30),
        team);
    System.out.println(machine.id());
  }
}
