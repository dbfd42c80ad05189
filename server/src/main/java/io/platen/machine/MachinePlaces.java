package io.platen.machine;

import io.platen.catalog.Catalog;
import io.platen.catalog.MachineType;
import io.platen.job.Job.Move;
import io.platen.network.PrivateNetworkRepository;
import io.platen.node.NodeSize;
import io.platen.node.Placement;
import java.util.Set;
import org.jdbi.v3.core.Handle;
import org.jspecify.annotations.Nullable;

/** Which node has a machine. */
public final class MachinePlaces {
  private final MachineRepository machines;
  private final PrivateNetworkRepository networks;
  private final Placement placement;
  private final Catalog catalog;

  public MachinePlaces(
      MachineRepository machines,
      PrivateNetworkRepository networks,
      Placement placement,
      Catalog catalog) {
    this.machines = machines;
    this.networks = networks;
    this.placement = placement;
    this.catalog = catalog;
  }

  /** Whether there is a choice at all: a database with one node has none. */
  public boolean areSeveral() {
    return !placement.here().isEmpty();
  }

  /**
   * Picks the node of a machine that is launched, in the caller's transaction. Its private network
   * is there from then on.
   *
   * @param isPooled whether it gets a static address, which this node has
   * @param runs whether it is to be started
   */
  public Placement.Choice pick(Handle handle, Machine machine, boolean isPooled, boolean runs) {
    if (!areSeveral()) {
      return new Placement.Choice("", null);
    }
    String network = machine.network().networkId();
    String only = network == null ? "" : networks.nodeOf(handle, network);
    if (only.isEmpty() && isPooled) {
      only = placement.here();
    }
    var choice = pick(handle, machine, runs, only.isEmpty() ? null : only);
    if (network != null && choice.missing() == null) {
      networks.putOn(handle, network, choice.node());
    }
    return choice;
  }

  private Placement.Choice pick(
      Handle handle, Machine machine, boolean runs, @Nullable String only) {
    var base = machine.disk().base();
    if (base == null) {
      throw new IllegalArgumentException(machine.id() + " is not launched from a template");
    }
    var type = catalog.machineType(machine.machineType());
    return placement.pick(
        handle,
        new Placement.Wish(
            machine.region(),
            runs,
            new NodeSize(
                type.map(MachineType::cpus).orElse(0),
                type.map(MachineType::ram).orElse(0L),
                machine.disk().bytes()),
            stores(handle, base.templateId()),
            isInBucket(handle, base.templateId()),
            base.indexDigest(),
            only));
  }

  private static Set<String> stores(Handle handle, String templateId) {
    return handle
        .createQuery("SELECT store FROM template_in_store WHERE template_id = :id")
        .bind("id", templateId)
        .mapTo(String.class)
        .set();
  }

  /** Whether nodes with other stores can read the template: only a bucket has a row of its own. */
  private static boolean isInBucket(Handle handle, String templateId) {
    return handle
        .createQuery(
            "SELECT EXISTS (SELECT 1 FROM template_in_store t JOIN store s ON s.name = t.store WHERE t.template_id = :id)")
        .bind("id", templateId)
        .mapTo(Boolean.class)
        .one();
  }

  /** Gives a machine whose node is silent, and which no guest has had yet, to another node. */
  Move again(Handle handle, Machine machine) {
    var network = machine.network();
    if (network.networkId() != null || network.publicAddress().reserved() != null) {
      return new Move.Nowhere("its private network or static address is there");
    }
    var choice = pick(handle, machine, machines.startsOnCreate(handle, machine.id()), null);
    String missing = choice.missing();
    if (missing != null) {
      return new Move.Nowhere(missing);
    }
    machines.putOn(handle, machine.id(), choice.node());
    return new Move.To(choice.node());
  }
}
