package io.platen.machine;

import io.platen.database.Database;
import io.platen.hypervisor.DomainMissing;
import io.platen.hypervisor.Hypervisor;
import io.platen.hypervisor.NetworkAddresses;
import io.platen.hypervisor.OwnDomains;
import io.platen.model.Ipv4;
import java.io.IOException;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Predicate;
import org.jdbi.v3.core.Handle;
import org.jspecify.annotations.Nullable;

/** Notes which addresses machines have while they run. */
final class MachineAddresses {
  /** How many machines are asked about at a time: each is a few runs of virsh. */
  private static final int AT_A_TIME = 8;

  private final Database database;
  private final MachineRepository machines;
  private final NetworkAddresses networks;
  private final Consumer<Handle> fence;
  private int turn;
  private int knownTurn;

  MachineAddresses(
      Database database,
      MachineRepository machines,
      Hypervisor hypervisor,
      Consumer<Handle> fence) {
    this.database = database;
    this.machines = machines;
    networks = new NetworkAddresses(hypervisor);
    this.fence = fence;
  }

  /** Looks at some of the machines that run, those first of which it is not known. */
  void look(List<Machine> all, Predicate<Machine> isActive)
      throws IOException, InterruptedException {
    for (var machine : all) {
      if (!isActive.test(machine) && hasAny(machine)) {
        note(machine, null, null);
      }
    }
    var running = all.stream().filter(isActive).toList();
    var unknown = running.stream().filter(machine -> !machine.network().hasItsAddresses()).toList();
    for (int i = 0; i < Math.min(AT_A_TIME, unknown.size()); i++) {
      ask(unknown.get(Math.floorMod(turn++, unknown.size())));
    }
    // Addresses hardly change, but are asked for again now and then.
    var known = running.stream().filter(machine -> machine.network().hasItsAddresses()).toList();
    if (!known.isEmpty()) {
      ask(known.get(Math.floorMod(knownTurn++, known.size())));
    }
  }

  private static boolean hasAny(Machine machine) {
    return machine.network().privateIp() != null
        || machine.network().publicAddress().seen() != null;
  }

  private void ask(Machine machine) throws IOException, InterruptedException {
    boolean launched = machine.disk().adopted() == null;
    var cards = new HashSet<String>();
    if (launched) {
      cards.add(OwnDomains.mac(machine.id()));
      if (machine.network().hasPublicCard()) {
        cards.add(OwnDomains.publicMac(machine.id()));
      }
    }
    var found = found(machine, cards);
    if (found.isEmpty()) {
      return;
    }
    var first =
        launched
            ? Optional.ofNullable(found.get().get(OwnDomains.mac(machine.id())))
            : found.get().values().stream().findFirst();
    var second = Optional.ofNullable(found.get().get(OwnDomains.publicMac(machine.id())));
    String privateIp = first.map(Ipv4::toString).orElse(machine.network().privateIp());
    String seen = second.map(Ipv4::toString).orElse(machine.network().publicAddress().seen());
    if (!Objects.equals(privateIp, machine.network().privateIp())
        || !Objects.equals(seen, machine.network().publicAddress().seen())) {
      note(machine, privateIp, seen);
    }
  }

  private Optional<Map<String, Ipv4>> found(Machine machine, Set<String> cards)
      throws IOException, InterruptedException {
    try {
      return Optional.of(networks.ofDomain(machine.domain().orElseThrow(), cards));
    } catch (DomainMissing e) {
      return Optional.empty();
    }
  }

  private void note(Machine machine, @Nullable String privateIp, @Nullable String seen) {
    database.change(
        handle -> {
          fence.accept(handle);
          machines.changeAddresses(handle, machine.id(), privateIp, seen);
        });
  }
}
