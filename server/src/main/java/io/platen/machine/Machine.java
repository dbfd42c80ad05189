package io.platen.machine;

import io.platen.hypervisor.OwnDomains;
import io.platen.model.OperatingSystem;
import java.time.Instant;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A machine: a disk, and what it takes to run it. Only this record and the repository call the
 * constructor, so that whoever adds a part touches nothing else.
 *
 * @param machineType what it runs on: a label of the catalog
 * @param guest what it is when it runs
 */
public record Machine(
    String id,
    String teamId,
    String name,
    MachineState state,
    String region,
    String machineType,
    OperatingSystem os,
    MachineDisk disk,
    MachineNetwork network,
    Guest guest,
    Instant dtCreated,
    Instant dtModified,
    @Nullable Instant dtDeleted) {
  /** A machine on the default network that is created now. */
  public static Machine create(
      String id,
      String teamId,
      String name,
      MachineState state,
      String region,
      String machineType,
      OperatingSystem os,
      MachineDisk disk,
      Instant now) {
    return new Machine(
        id,
        teamId,
        name,
        state,
        region,
        machineType,
        os,
        disk,
        MachineNetwork.NONE,
        Guest.NONE,
        now,
        now,
        null);
  }

  public Machine withNetwork(MachineNetwork other) {
    return with(other, guest, dtModified, dtDeleted);
  }

  public Machine withGuest(Guest other) {
    return with(network, other, dtModified, dtDeleted);
  }

  public Machine withModified(Instant modified) {
    return with(network, guest, modified, dtDeleted);
  }

  /** The machine, deleted now. */
  public Machine withDeleted(Instant now) {
    return with(network, guest, now, now);
  }

  private Machine with(
      MachineNetwork itsNetwork, Guest itsGuest, Instant modified, @Nullable Instant deleted) {
    return new Machine(
        id,
        teamId,
        name,
        state,
        region,
        machineType,
        os,
        disk,
        itsNetwork,
        itsGuest,
        dtCreated,
        modified,
        deleted);
  }

  /** The name, or UUID, of its domain; empty for one that was adopted as a disk only. */
  public Optional<String> domain() {
    return disk.adopted() == null
        ? Optional.of(OwnDomains.name(id))
        : Optional.ofNullable(guest.domain());
  }
}
