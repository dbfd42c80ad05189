package io.platen.machine;

import io.platen.catalog.Catalog;
import io.platen.catalog.MachineType;
import io.platen.catalog.Offers;
import io.platen.database.Database;
import io.platen.disk.Disk;
import io.platen.disk.ImageHeader;
import io.platen.disk.OpenDisk;
import io.platen.hypervisor.DiskChain;
import io.platen.hypervisor.DomainDescription;
import io.platen.hypervisor.DomainDisk;
import io.platen.hypervisor.Hypervisor;
import io.platen.hypervisor.HypervisorException;
import io.platen.hypervisor.OwnDomains;
import io.platen.model.Ids;
import io.platen.model.Issues;
import io.platen.model.ObjectName;
import io.platen.model.OperatingSystem;
import io.platen.model.Refusal;
import io.platen.team.TeamService;
import java.io.IOException;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The rules by which machines are taken on that are there already: a disk, which is only ever read,
 * or a libvirt domain, which stays as it is.
 */
public final class AdoptionService {
  /** What a machine runs on where nothing says it. */
  private static final String DEFAULT_TYPE = "C5";

  private final Database database;
  private final MachineRepository machines;
  private final TeamService teams;
  private final Catalog catalog;
  private final Hypervisor hypervisor;
  private final InstantSource clock;

  public AdoptionService(
      Database database,
      MachineRepository machines,
      TeamService teams,
      Catalog catalog,
      Hypervisor hypervisor,
      InstantSource clock) {
    this.database = database;
    this.machines = machines;
    this.teams = teams;
    this.catalog = catalog;
    this.hypervisor = hypervisor;
    this.clock = clock;
  }

  /**
   * What the adopted machine is to be.
   *
   * @param name null for the domain's own
   * @param team its name; made if there is none
   * @param machineType null for the smallest that has what the domain has; of a disk, for a default
   * @param os for people to read
   */
  public record Wish(
      @Nullable String name,
      String team,
      String region,
      @Nullable String machineType,
      String os,
      String agentType) {}

  /**
   * A machine that was taken on.
   *
   * @param disk what templates of it hold
   * @param remark what the operator should know; empty where there is nothing
   */
  public record Adopted(Machine machine, AdoptedDisk disk, String remark) {}

  /** What was found of a machine, beside what is wished. */
  private record Found(
      String name,
      String machineType,
      String architecture,
      String firmware,
      MachineState state,
      MachineDisk disk,
      Guest guest,
      String remark) {}

  /**
   * Takes on a disk as a machine.
   *
   * @throws IOException where the disk can't be read
   * @throws Refusal INVALID, with all that is wrong with the wish
   */
  public Adopted adoptDisk(Wish wish, Disk.Adopted file) throws IOException {
    return adopt(
        wish,
        new Found(
            "",
            DEFAULT_TYPE,
            "x86_64",
            "bios",
            MachineState.OFF,
            MachineDisk.adopted(file, file.header().virtualSize(), null),
            Guest.NONE,
            ""));
  }

  /** The names of all domains that Platen did not make. */
  public List<String> domains() throws IOException, InterruptedException {
    return domains(hypervisor);
  }

  /** The same, without a data directory. */
  public static List<String> domains(Hypervisor hypervisor)
      throws IOException, InterruptedException {
    require(hypervisor);
    return hypervisor.names().stream().filter(name -> !name.startsWith(OwnDomains.PREFIX)).toList();
  }

  /** The images that an adopted domain's disk consists of, as far as libvirt states them. */
  public static List<Disk.Adopted> images(Hypervisor hypervisor, String domain)
      throws IOException, InterruptedException {
    require(hypervisor);
    var description = hypervisor.describe(domain);
    return DiskChain.stated(description, bootDisk(description));
  }

  /**
   * Takes on a domain as a machine.
   *
   * @throws IOException where there is no such domain, it is a machine already, or its disk can't
   *     be captured; the message says why
   * @throws Refusal INVALID, with all that is wrong with the wish
   */
  public Adopted adoptDomain(Wish wish, String domain) throws IOException, InterruptedException {
    return adoptNewDomain(wish, domain)
        .orElseThrow(
            () -> new HypervisorException("the domain %s is adopted already".formatted(domain)));
  }

  /** As {@link #adoptDomain}; empty for a domain that is a machine already. */
  public Optional<Adopted> adoptNewDomain(Wish wish, String domain)
      throws IOException, InterruptedException {
    require(hypervisor);
    if (domain.startsWith(OwnDomains.PREFIX)) {
      throw new HypervisorException(
          "%s is the domain of a machine that Platen launched".formatted(domain));
    }
    var description = hypervisor.describe(domain);
    return adopted().contains(description.uuid())
        ? Optional.empty()
        : Optional.of(adopt(wish, found(wish, description)));
  }

  private static void require(Hypervisor hypervisor) throws IOException {
    if (!hypervisor.isThere()) {
      throw new HypervisorException(
          hypervisor.absence() + "; \"platen doctor\" says what it needs");
    }
  }

  /** The UUIDs of the domains that are machines already. */
  private Set<String> adopted() {
    return database.read(machines::listAll).stream()
        .map(machine -> machine.guest().domain())
        .filter(Objects::nonNull)
        .collect(Collectors.toSet());
  }

  private Found found(Wish wish, DomainDescription description) throws IOException {
    var boot = bootDisk(description);
    var images = DiskChain.stated(description, boot);
    return new Found(
        description.name(),
        type(wish.region(), description),
        description.architecture(),
        description.firmware(),
        description.isActive() ? MachineState.READY : MachineState.OFF,
        MachineDisk.adopted(images.getFirst(), size(description, boot, images), boot.target()),
        new Guest(description.uuid(), null),
        remark(description, boot));
  }

  /** The disk that is captured: the one the domain boots from. */
  private static DomainDisk bootDisk(DomainDescription description) throws IOException {
    if (description.disks().isEmpty()) {
      throw new HypervisorException(
          "the domain %s has no disk to capture".formatted(description.name()));
    }
    return description.disks().getFirst();
  }

  private static String remark(DomainDescription description, DomainDisk boot) {
    if (description.disks().size() == 1) {
      return "";
    }
    return "%s has several disks: templates hold its boot disk %s (%s), not %s"
        .formatted(
            description.name(),
            boot.target(),
            boot.image().path(),
            description.disks().stream()
                .skip(1)
                .map(other -> other.target() + " (" + other.image().path() + ")")
                .collect(Collectors.joining(", ")));
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

  private String type(String region, DomainDescription description) {
    return catalog
        .smallest(region, description.cpus(), description.memory())
        .map(MachineType::label)
        .orElse(DEFAULT_TYPE);
  }

  private Adopted adopt(Wish wish, Found found) {
    var issues = new Issues();
    String name =
        ObjectName.check("name", wish.name() == null ? found.name() : wish.name(), issues);
    String type = wish.machineType() == null ? found.machineType() : wish.machineType();
    var offers = new Offers(catalog);
    String region = offers.region(wish.region(), issues);
    offers.check(type, region, issues);
    issues.throwIfAny();
    var machine =
        Machine.create(
                Ids.machine(),
                teams.team(wish.team()).id(),
                name,
                found.state(),
                region,
                type,
                new OperatingSystem(
                    wish.agentType(), wish.os(), found.architecture(), found.firmware()),
                found.disk(),
                clock.instant().truncatedTo(ChronoUnit.MILLIS))
            .withGuest(found.guest());
    database.change(handle -> machines.insert(handle, machine, database.node()));
    return new Adopted(machine, Objects.requireNonNull(found.disk().adopted()), found.remark());
  }
}
