package io.platen.machine;

import static org.assertj.core.api.Assertions.assertThat;

import io.platen.disk.Disk;
import io.platen.disk.DiskFormat;
import io.platen.model.OperatingSystem;
import io.platen.network.PublicAddress;
import java.nio.file.Path;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;

final class MachineTest {
  private static final Instant CREATED = Instant.ofEpochMilli(1000);
  private static final Instant LATER = Instant.ofEpochMilli(2000);

  private static Machine machine(MachineDisk disk) {
    var os = new OperatingSystem("LinuxHeadless", "Debian 13", "x86_64", "uefi");
    return Machine.create("ps1", "te1", "m", MachineState.OFF, "ny2", "C5", os, disk, CREATED)
        .withNetwork(
            new MachineNetwork("n1", "10.0.0.2", new PublicAddress(true, null, "192.0.2.7")))
        .withGuest(new Guest("uuid", "sc1"));
  }

  private static MachineDisk launched() {
    return MachineDisk.over(new BaseTemplate("t1", "0123456789abcdef".repeat(4)), 50L << 30);
  }

  private static MachineDisk adopted() {
    return MachineDisk.adopted(new Disk.Adopted(Path.of("/d.raw"), DiskFormat.RAW), 512, "vda");
  }

  /** The parts by name, so that a part which is added later is compared too. */
  private static Map<String, Object> parts(Machine machine) throws ReflectiveOperationException {
    var parts = new LinkedHashMap<String, Object>();
    for (var part : Machine.class.getRecordComponents()) {
      parts.put(part.getName(), String.valueOf(part.getAccessor().invoke(machine)));
    }
    return parts;
  }

  private static void assertChanged(Machine changed, Map<String, Object> to) throws Exception {
    var expected = parts(machine(launched()));
    expected.putAll(to);
    assertThat(parts(changed)).isEqualTo(expected);
  }

  @Test
  void aPartIsChangedAndTheOthersStay() throws Exception {
    var machine = machine(launched());
    assertChanged(
        machine.withNetwork(MachineNetwork.NONE),
        Map.of("network", MachineNetwork.NONE.toString()));
    assertChanged(machine.withGuest(Guest.NONE), Map.of("guest", Guest.NONE.toString()));
    assertChanged(machine.withModified(LATER), Map.of("dtModified", LATER.toString()));
    assertChanged(
        machine.withDeleted(LATER),
        Map.of("dtModified", LATER.toString(), "dtDeleted", LATER.toString()));
  }

  @Test
  void aLaunchedMachineHasADomainOfItsOwnAndAnAdoptedOneThatItWasAdoptedWith() {
    assertThat(machine(launched()).domain()).contains("platen-ps1");
    assertThat(machine(adopted()).domain()).contains("uuid");
    assertThat(machine(adopted()).withGuest(Guest.NONE).domain()).isEmpty();
  }

  @Test
  void allAddressesAreKnownThatAMachineIsToHave() {
    var dynamic = new PublicAddress(true, null, null);
    var plain = new MachineNetwork(null, "192.0.2.1", dynamic);
    assertThat(plain.hasItsAddresses()).isTrue();
    assertThat(new MachineNetwork(null, null, dynamic).hasItsAddresses()).isFalse();
    // With a private network each card has its own, and clients read both.
    var seen = new PublicAddress(true, null, "192.0.2.2");
    assertThat(new MachineNetwork("n1", "10.200.0.2", seen).hasItsAddresses()).isTrue();
    assertThat(new MachineNetwork("n1", null, seen).hasItsAddresses()).isFalse();
    assertThat(new MachineNetwork("n1", "10.200.0.2", dynamic).hasItsAddresses()).isFalse();
    assertThat(new MachineNetwork("n1", "10.200.0.2", PublicAddress.NONE).hasItsAddresses())
        .isTrue();
    // It got another one while it ran.
    var moved = new PublicAddress(false, "192.0.2.9", null);
    assertThat(new MachineNetwork(null, "192.0.2.1", moved).hasItsAddresses()).isFalse();
    assertThat(new MachineNetwork(null, "192.0.2.9", moved).hasItsAddresses()).isTrue();
  }
}
