package io.platen.hypervisor;

import io.platen.config.DataDirectory;
import io.platen.disk.Disk;
import io.platen.disk.ImageHeader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.function.BiFunction;
import java.util.stream.Collectors;
import org.jboss.logging.Logger;

/**
 * The domains of machines that were launched here. A domain of such a name that is another's, which
 * includes a copy of this installation on the same host, is refused: never changed, never ended.
 *
 * <p>A domain is this installation's where its UUID is the one that follows from its name, and
 *
 * <ul>
 *   <li>its mark names this installation and the machine, and its disk is the machine's (or is
 *       nowhere any more, as after the data directory was moved);
 *   <li>or, made before there were marks, it has the right name and the machine's disk.
 * </ul>
 */
public final class OwnDomains {
  /** What the names of these domains begin with. */
  public static final String PREFIX = "platen-";

  private static final Logger LOG = Logger.getLogger(OwnDomains.class);

  /** A start that was given up may make a domain active while it is removed, once. */
  private static final int ROUNDS = 3;

  private final Hypervisor hypervisor;
  private final String installation;
  private final DataDirectory data;

  public OwnDomains(Hypervisor hypervisor, String installation, DataDirectory data) {
    this.hypervisor = hypervisor;
    this.installation = installation;
    this.data = data;
  }

  /** The name of a machine's domain. */
  public static String name(String machineId) {
    return PREFIX + machineId;
  }

  /** The UUID of a machine's domain. */
  public static String uuid(String machineId) {
    UUID uuid = DomainXml.uuid(name(machineId));
    return uuid.toString();
  }

  /** The MAC address of the card on a machine's network. */
  public static String mac(String machineId) {
    return DomainXml.mac(name(machineId));
  }

  /** That of the second card of a machine with a private network and a public address. */
  public static String publicMac(String machineId) {
    return DomainXml.publicMac(name(machineId));
  }

  /** The mark of a machine's domain. */
  public Mark mark(String machineId) {
    return new Mark(installation, machineId);
  }

  /**
   * A machine's domain; empty where libvirt has none.
   *
   * @throws HypervisorException where the domain of this name is not this installation's, or
   *     libvirt does not answer
   */
  public Optional<DomainDescription> find(String machineId)
      throws IOException, InterruptedException {
    return described(machineId, name(machineId), this::objection);
  }

  /**
   * As {@link #find}, for reading the machine's disk: a snapshot or a copy that others made is the
   * domain's disk, wherever it is.
   */
  public Optional<DomainDescription> findToRead(String machineId)
      throws IOException, InterruptedException {
    return described(machineId, name(machineId), this::objectionToReading);
  }

  /** As {@link #find}, for questions: empty also where the domain is another's. */
  public Optional<DomainDescription> findOwn(String machineId)
      throws IOException, InterruptedException {
    try {
      return Optional.of(hypervisor.describe(name(machineId)))
          .filter(found -> objection(machineId, found).isEmpty());
    } catch (DomainMissing e) {
      return Optional.empty();
    }
  }

  private Optional<DomainDescription> described(
      String machineId,
      String domain,
      BiFunction<String, DomainDescription, Optional<String>> objections)
      throws IOException, InterruptedException {
    DomainDescription found;
    try {
      found = hypervisor.describe(domain);
    } catch (DomainMissing e) {
      requireNotRenamed(machineId);
      return Optional.empty();
    }
    var objection = objections.apply(machineId, found);
    if (objection.isPresent()) {
      throw new HypervisorException(
          "the domain %s is not the one of the machine %s: %s; rename that domain, or undefine it, if it is yours"
              .formatted(found.name(), machineId, objection.get()));
    }
    return Optional.of(found);
  }

  /**
   * A domain keeps its UUID when it is renamed, and with it the machine's disk. Only one that
   * libvirt was asked for can have been, so the first start asks once.
   */
  private void requireNotRenamed(String machineId) throws IOException, InterruptedException {
    if (Files.exists(data.machineDomain(machineId))) {
      var renamed = hypervisor.find(uuid(machineId));
      if (renamed.isPresent()) {
        throw new HypervisorException(
            "the domain of the machine %1$s was renamed to %2$s; end it, and give it its name back: virsh domrename %2$s %3$s"
                .formatted(machineId, renamed.get().name(), name(machineId)));
      }
    }
  }

  /** Why a domain is not the one of this machine. */
  private Optional<String> objection(String machineId, DomainDescription found) {
    return strangeness(machineId, found)
        .or(
            () ->
                hasDisk(machineId, found) || isOnNoDisk(found)
                    ? Optional.empty()
                    : Optional.of(otherDisk(machineId, found)));
  }

  /** The same, where its disk may be anywhere but in another data directory's place for it. */
  private Optional<String> objectionToReading(String machineId, DomainDescription found) {
    return strangeness(machineId, found)
        .or(
            () ->
                files(found).stream().anyMatch(file -> isInOtherDirectory(machineId, file))
                    ? Optional.of(otherDisk(machineId, found))
                    : Optional.empty());
  }

  private String otherDisk(String machineId, DomainDescription found) {
    return "its disk is %s, not %s".formatted(disks(found), data.machineDisk(machineId));
  }

  private boolean isInOtherDirectory(String machineId, Path file) {
    Path own = data.machine(machineId);
    Path directory = file.getParent();
    return directory != null
        && directory.endsWith(machineId)
        && Files.exists(directory)
        && !isSameFile(directory, own);
  }

  /** Why a domain is not the one of this machine, whatever its disk is. */
  private Optional<String> strangeness(String machineId, DomainDescription found) {
    String uuid = uuid(machineId);
    if (!found.uuid().equals(uuid)) {
      return Optional.of("its UUID is %s, not %s".formatted(found.uuid(), uuid));
    }
    var mark = found.mark();
    if (mark == null) {
      return found.name().equals(name(machineId)) && hasDisk(machineId, found)
          ? Optional.empty()
          : Optional.of("it carries no mark of Platen, and its disk is %s".formatted(disks(found)));
    }
    if (!mark.equals(mark(machineId))) {
      return Optional.of(
          "its mark names the machine %s of the installation %s, and this one is %s"
              .formatted(mark.id(), mark.installation(), installation));
    }
    return Optional.empty();
  }

  private static List<Path> files(DomainDescription found) {
    return found.disks().stream()
        .map(disk -> disk.image().path())
        .filter(path -> !path.isEmpty())
        .map(Path::of)
        .toList();
  }

  private static String disks(DomainDescription found) {
    return files(found).stream().map(Path::toString).collect(Collectors.joining(", "));
  }

  private boolean hasDisk(String machineId, DomainDescription found) {
    Path disk = data.machineDisk(machineId);
    return files(found).stream().anyMatch(file -> standsOn(file, disk));
  }

  /** Whether a file is the machine's disk, or a snapshot on it, which others may have made. */
  private static boolean standsOn(Path file, Path disk) {
    Path at = file;
    for (int i = 0; i < Disk.Chain.MAX_LENGTH; i++) {
      if (at.equals(disk) || isSameFile(at, disk)) {
        return true;
      }
      var below = below(at);
      // A name in a header leads to no file but those beside the disk.
      if (below.isEmpty() || !disk.resolveSibling(below.get().getFileName()).equals(below.get())) {
        return false;
      }
      at = below.get();
    }
    return false;
  }

  private static Optional<Path> below(Path file) {
    try {
      return ImageHeader.backing(file).flatMap(backing -> backing.resolve(file));
    } catch (IOException e) {
      LOG.debugf("what %s stands on is not known: %s", file, e);
      return Optional.empty();
    }
  }

  private static boolean isSameFile(Path file, Path disk) {
    try {
      return Files.isSameFile(file, disk);
    } catch (IOException e) {
      LOG.debugf("%s and %s are not compared: %s", file, disk, e);
      return false;
    }
  }

  /** Whether none of its disks is there. One that can't be looked at may be. */
  private static boolean isOnNoDisk(DomainDescription found) {
    return files(found).stream().allMatch(Files::notExists);
  }

  /**
   * Ends and forgets a machine's domain, whatever it was renamed to. Where there is none, nothing
   * is done.
   *
   * @throws HypervisorException where the domain of this name is not this installation's, or
   *     libvirt does not answer
   */
  public void remove(String machineId) throws IOException, InterruptedException {
    for (int round = 0; round < ROUNDS; round++) {
      var domains = hypervisor.domains();
      String uuid = uuid(machineId);
      String domain = domains.isActive(uuid).isPresent() ? uuid : name(machineId);
      var found =
          domains.isActive(domain).isEmpty()
              ? Optional.<DomainDescription>empty()
              : described(machineId, domain, this::objection);
      if (found.isEmpty()) {
        return;
      }
      if (found.get().isActive()) {
        hypervisor.destroy(domain);
      }
      hypervisor.undefine(domain);
    }
    if (find(machineId).isPresent()) {
      throw new HypervisorException(
          "libvirt has the domain %s again, %d times after it was removed"
              .formatted(name(machineId), ROUNDS));
    }
  }

  /**
   * Puts this installation's mark on a machine's domain that has none, or that of an installation
   * that had this data directory before.
   *
   * @return the domain; empty where libvirt has none
   * @throws HypervisorException where the domain of this name has another disk
   */
  public Optional<DomainDescription> claim(String machineId)
      throws IOException, InterruptedException {
    DomainDescription found;
    try {
      found = hypervisor.describe(name(machineId));
    } catch (DomainMissing e) {
      return Optional.empty();
    }
    if (!found.uuid().equals(uuid(machineId)) || !hasDisk(machineId, found)) {
      throw new HypervisorException(
          "the domain %s is not the one of the machine %s: its UUID is %s and its disk %s"
              .formatted(found.name(), machineId, found.uuid(), disks(found)));
    }
    if (!mark(machineId).equals(found.mark())) {
      hypervisor.mark(found, mark(machineId));
    }
    return Optional.of(found);
  }
}
