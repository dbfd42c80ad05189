package io.platen.network;

import io.platen.config.AddressRange;
import io.platen.config.PublicIps;
import io.platen.database.Database;
import io.platen.hypervisor.Hypervisor;
import io.platen.hypervisor.HypervisorException;
import io.platen.model.Ipv4;
import io.platen.model.Refusal;
import io.platen.paging.Filter;
import io.platen.paging.ListRequest;
import io.platen.paging.Page;
import io.platen.paging.SortKeyHistory;
import java.io.IOException;
import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Optional;
import java.util.Set;
import org.jdbi.v3.core.Handle;
import org.jspecify.annotations.Nullable;

/**
 * The rules of public addresses; what libvirt keeps of them is the matter of {@link
 * StaticAddresses}. Every transaction that assigns one locks the team first, then machines, then
 * addresses.
 */
public final class PublicIpService {
  /** Addresses that others may claim while one is claimed. */
  private static final int ATTEMPTS = 20;

  private final Database database;
  private final PublicIpRepository addresses;
  private final AddressedMachines machines;
  private final Hypervisor hypervisor;
  private final StaticAddresses libvirt;
  private final InstantSource clock;

  public PublicIpService(
      Database database,
      PublicIpRepository addresses,
      AddressedMachines machines,
      Hypervisor hypervisor,
      StaticAddresses libvirt,
      InstantSource clock) {
    this.database = database;
    this.addresses = addresses;
    this.machines = machines;
    this.hypervisor = hypervisor;
    this.libvirt = libvirt;
    this.clock = clock;
  }

  public Page<PublicIp> list(ListRequest request, Optional<String> region) {
    var filters = new ArrayList<Filter>();
    filters.add(Filter.equal("team_id", request.teamId()));
    region.ifPresent(value -> filters.add(Filter.equal("region", value)));
    var page = database.query(queries -> addresses.list(queries, request, filters));
    var having =
        database.read(
            handle -> machines.having(handle, page.items().stream().map(PublicIp::ip).toList()));
    return page.map(address -> address.assignedTo(having.get(address.ip())));
  }

  /** The static addresses that may be claimed at the moment. */
  public record Pool(AddressRange range, Set<Ipv4> unusable) {
    public Pool {
      unusable = Set.copyOf(unusable);
    }
  }

  /**
   * What can be claimed. Asks libvirt, so to be called outside of a transaction.
   *
   * @throws Refusal UNSUPPORTED where the server has no static addresses, saying why
   */
  public Pool pool() {
    var range = hypervisor.settings().publicIps().range();
    if (range == null) {
      throw Refusal.unsupported(
          "This server has no static public IP addresses to give: its configuration names no range of them (publicIps).");
    }
    if (!hypervisor.isThere()) {
      throw Refusal.unsupported(
          "No hypervisor is set up on this server, so there are no public IP addresses: %s."
              .formatted(hypervisor.absence()));
    }
    try {
      return new Pool(range, libvirt.inUse(range));
    } catch (HypervisorException e) {
      throw Refusal.unsupported(
          "This server can't give static public IP addresses: %s.".formatted(e.getMessage()));
    } catch (IOException e) {
      throw Refusal.unavailable("libvirt can't be asked: " + e.getMessage(), e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw Refusal.unavailable("The server is shutting down; try again when it is back.", e);
    }
  }

  /**
   * Claims an address, in the caller's transaction, which has locked nothing yet.
   *
   * @throws Refusal CONFLICT where no address is left, or the team has as many as it may
   */
  public PublicIp claim(Handle handle, String teamId, String region, Pool pool) {
    SortKeyHistory.begin(handle, teamId);
    return claim(handle, teamId, region, pool, null);
  }

  /**
   * As {@link #claim(Handle, String, String, Pool)}; the team is locked, so that requests at once
   * do not claim more than it may have.
   *
   * @param launchId the machine whose launch this is; null for none
   */
  private PublicIp claim(
      Handle handle, String teamId, String region, Pool pool, @Nullable String launchId) {
    int limit = hypervisor.settings().publicIps().perTeam();
    if (addresses.count(handle, teamId) >= limit) {
      throw Refusal.conflict(
          limit == 0
              ? "This server lets no team have static public IP addresses (publicIpsPerTeam in its configuration)."
              : "Your team has %d static public IP addresses already, and may have no more (publicIpsPerTeam in the server's configuration); release one that nothing needs."
                  .formatted(addresses.count(handle, teamId)));
    }
    // Another transaction may claim the one that this one sees free; then it is seen taken.
    for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
      var ip =
          addresses
              .free(handle, pool.range(), pool.unusable())
              .orElseThrow(
                  () ->
                      Refusal.conflict(
                          "None of the %d addresses of %s is free: they are claimed, or were in use a moment ago; release one that nothing needs."
                              .formatted(pool.range().size(), pool.range())));
      var claimed = new PublicIp(ip, teamId, region, null, now());
      if (addresses.insert(handle, claimed, database.node(), launchId)) {
        return claimed;
      }
    }
    throw Refusal.unavailable(
        "Other requests took each free address first; try again in a moment.", null);
  }

  /**
   * Assigns a team's address to a machine, instead of to another one, or to none. The machine gets
   * it when it is started next, or its guest renews its lease.
   *
   * @param machineId null for none
   * @throws Refusal NOT_FOUND where the team has no such address or machine; BAD_REQUEST where they
   *     are in different regions; CONFLICT where the machine can't have one
   */
  public PublicIp assign(String teamId, String ip, @Nullable String machineId) {
    var assigned =
        database.transaction(
            handle -> {
              SortKeyHistory.begin(handle, teamId);
              var address = require(handle, teamId, ip);
              requireOffer();
              if (machineId == null) {
                machines.unassign(handle, address.ip());
                addresses.forgetLaunch(handle, address.ip());
                return address;
              }
              var holder =
                  machines
                      .lock(handle, teamId, machineId, now())
                      .orElseThrow(() -> Refusal.notFound("machine", machineId));
              if (!holder.region().equals(address.region())) {
                throw Refusal.invalid(
                    "machineId",
                    "the machine is in %s, and the address in %s"
                        .formatted(holder.region(), address.region()));
              }
              requireNode(holder, machineId, addresses.nodeOf(handle, address.ip()));
              refuseAdopted(holder, machineId);
              if (!holder.isReachable()) {
                throw Refusal.conflict(
                    "Machine %s is on the isolated private network %s only, where no address is public; give it the publicIpType \"dynamic\" first, for a second network card."
                        .formatted(machineId, holder.networkId()));
              }
              machines.assign(handle, address.ip(), machineId);
              addresses.forgetLaunch(handle, address.ip());
              return address.assignedTo(machineId);
            });
    reconcile();
    return assigned;
  }

  private void requireOffer() {
    if (!areOffered()) {
      throw Refusal.unsupported(
          "This server's configuration gives machines no public IP addresses.");
    }
  }

  /** An address is of the network of one host. */
  private static void requireNode(AddressedMachines.Holder holder, String machineId, String node) {
    if (!holder.node().equals(node)) {
      throw Refusal.conflict(
          "Machine %s is on the node %s, and the address is of the network of the node %s; claim one at the machine's node."
              .formatted(machineId, holder.node(), node));
    }
  }

  private static void refuseAdopted(AddressedMachines.Holder holder, String machineId) {
    if (holder.isAdopted()) {
      throw Refusal.conflict(
          "Machine %s was adopted and is started as it is, so no static address can be kept for it here; machines that are launched here can have one."
              .formatted(machineId));
    }
  }

  private PublicIp require(Handle handle, String teamId, String ip) {
    return Ipv4.parse(ip)
        .flatMap(parsed -> addresses.find(handle, teamId, parsed))
        .orElseThrow(() -> Refusal.notFound("public IP", ip));
  }

  /**
   * Gives an address back, and takes it from the machine that has it.
   *
   * @throws Refusal NOT_FOUND where the team has no such address
   */
  public PublicIp release(String teamId, String ip) {
    var released =
        database.transaction(
            handle -> {
              SortKeyHistory.begin(handle, teamId);
              var address = require(handle, teamId, ip);
              machines.unassign(handle, address.ip());
              addresses.delete(handle, address.ip());
              return address;
            });
    reconcile();
    return released;
  }

  private void reconcile() {
    try {
      libvirt.reconcile();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /**
   * A kind of address that a machine is to have, and can have here.
   *
   * @param pool what to claim a static one from; null for the other kinds
   */
  public record Wish(PublicIpType type, @Nullable Pool pool) {
    public static final Wish NONE = new Wish(PublicIpType.NONE, null);
  }

  /** Gives back what a launch claimed that is undone, or failed. */
  public void launchUndone(Handle handle, String machineId) {
    machines.takeStatic(handle, machineId);
    addresses.deleteOfLaunch(handle, machineId);
  }

  /**
   * Whether a machine can have an address of this kind. Asks libvirt, so to be called outside of a
   * transaction. Where the server has no public addresses, who asks for a dynamic one gets none,
   * and is told so by the machine: clients ask for it without a choice of their own.
   *
   * @throws Refusal UNSUPPORTED for a static one, where the server has none
   */
  public Wish wish(PublicIpType type) {
    return switch (type) {
      case NONE -> Wish.NONE;
      case DYNAMIC -> offersDynamic() ? new Wish(type, null) : Wish.NONE;
      case STATIC -> new Wish(type, pool());
    };
  }

  /** Whether the configuration lets machines have public addresses at all. */
  public boolean areOffered() {
    return hypervisor.settings().hasPublicIps();
  }

  private boolean offersDynamic() {
    var settings = hypervisor.settings();
    return areOffered()
        && (settings.publicIps().offer() == PublicIps.Offer.NETWORK || hypervisor.isThere());
  }

  /**
   * Locks what {@link #grant} needs locked. To be called before anything else of the transaction is
   * locked.
   */
  public void begin(Handle handle, String teamId, Wish wish) {
    if (wish.pool() != null) {
      SortKeyHistory.begin(handle, teamId);
    }
  }

  /**
   * What a new machine has, in the transaction of its launch, which called {@link #begin}.
   *
   * @throws Refusal CONFLICT where no static address is left, or the team has as many as it may
   */
  public PublicAddress grant(
      Handle handle, String teamId, String machineId, String region, Wish wish) {
    var pool = wish.pool();
    return pool == null
        ? new PublicAddress(wish.type() == PublicIpType.DYNAMIC, null, null)
        : new PublicAddress(
            false, claim(handle, teamId, region, pool, machineId).ip().toString(), null);
  }

  /**
   * Changes what a machine has, in the caller's transaction, which has locked the team. A static
   * address that it no longer has stays claimed; one that it has already stays its.
   *
   * @throws Refusal NOT_FOUND where the team has no such machine; CONFLICT where it can't have a
   *     static address, or none is left
   */
  public void change(Handle handle, String teamId, String machineId, Wish wish) {
    var holder =
        machines
            .lock(handle, teamId, machineId, now())
            .orElseThrow(() -> Refusal.notFound("machine", machineId));
    var pool = wish.pool();
    if (pool == null) {
      machines.change(handle, machineId, wish.type() == PublicIpType.DYNAMIC);
    } else if (holder.address().reserved() == null) {
      requireNode(holder, machineId, database.node());
      refuseAdopted(holder, machineId);
      machines.assign(handle, claim(handle, teamId, holder.region(), pool).ip(), machineId);
    }
  }

  private Instant now() {
    return clock.instant().truncatedTo(ChronoUnit.MILLIS);
  }
}
