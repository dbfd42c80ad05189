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
 * @param host which node has it, as the database says
 * @param automation what is done with it unasked
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
    Automation automation,
    MachineHost host,
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
        Automation.NONE,
        MachineHost.UNKNOWN,
        now,
        now,
        null);
  }

  public Machine withNetwork(MachineNetwork other) {
    return with(other, guest, automation, dtModified, dtDeleted);
  }

  public Machine withGuest(Guest other) {
    return with(network, other, automation, dtModified, dtDeleted);
  }

  public Machine withAutomation(Automation other) {
    return with(network, guest, other, dtModified, dtDeleted);
  }

  public Machine withModified(Instant modified) {
    return with(network, guest, automation, modified, dtDeleted);
  }

  /** The machine, deleted now. */
  public Machine withDeleted(Instant now) {
    return with(network, guest, automation, now, now);
  }

  private Machine with(
      MachineNetwork itsNetwork,
      Guest itsGuest,
      Automation itsAutomation,
      Instant modified,
      @Nullable Instant deleted) {
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
        itsAutomation,
        host,
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
