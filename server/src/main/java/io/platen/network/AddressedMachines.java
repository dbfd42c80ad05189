package io.platen.network;

import io.platen.model.Ipv4;
import java.time.Instant;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jdbi.v3.core.Handle;
import org.jspecify.annotations.Nullable;

/**
 * Which machine has which address. A machine has one static address at most, and an address one.
 */
public interface AddressedMachines {
  /** The machines that these addresses are assigned to; none for those that no machine has. */
  Map<Ipv4, String> having(Handle handle, List<Ipv4> addresses);

  /**
   * A team's machine as far as addresses are concerned.
   *
   * @param isAdopted whether its domain, if it has one, is not described here
   * @param node the one that has it; empty where the database has one node only
   * @param networkId its private network; null for none
   */
  record Holder(
      String region,
      String node,
      boolean isAdopted,
      @Nullable String networkId,
      PublicAddress address) {
    /** Whether it has a card on the public network, now or when it is next started. */
    boolean isReachable() {
      return networkId == null || address.type() != PublicIpType.NONE;
    }
  }

  /**
   * The team's machine of this id, which is about to be changed: nothing else changes it before
   * this transaction ends. Empty where there is none.
   */
  Optional<Holder> lock(Handle handle, String teamId, String machineId, Instant now);

  /** Assigns an address to a machine, instead of to another one, or of another one to it. */
  void assign(Handle handle, Ipv4 address, String machineId);

  /** Takes an address from the machine that has it, if one does. */
  void unassign(Handle handle, Ipv4 address);

  /** Takes its static address from a machine, deleted or not. */
  void takeStatic(Handle handle, String machineId);

  /** Has a machine show the address of its network, or not; a static one is taken from it. */
  void change(Handle handle, String machineId, boolean dynamic);

  /**
   * A machine that has a static address.
   *
   * @param hasPrivateNetwork whether that is the address of its second card
   */
  record Assigned(String machineId, boolean hasPrivateNetwork, Ipv4 address) {}

  /** Those of a node. */
  List<Assigned> assigned(Handle handle, String node);

  /** Those of these ids that are, or were, machines of this database. */
  Set<String> known(Handle handle, Collection<String> machineIds);
}
