package io.platen.network;

import io.platen.database.Database;
import io.platen.hypervisor.Hypervisor;
import io.platen.model.Ids;
import io.platen.model.Refusal;
import io.platen.node.Nodes;
import io.platen.paging.Filter;
import io.platen.paging.ListRequest;
import io.platen.paging.Page;
import io.platen.paging.SortKeyHistory;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Optional;
import org.jdbi.v3.core.Handle;

/** The rules of private networks; what libvirt has of them is the matter of LibvirtNetworks. */
public final class PrivateNetworkService {
  /** Networks that others may make while one is made. */
  private static final int ATTEMPTS = 20;

  private final Database database;
  private final PrivateNetworkRepository networks;
  private final NetworkMachines machines;
  private final Hypervisor hypervisor;
  private final LibvirtNetworks libvirt;
  private final InstantSource clock;

  public PrivateNetworkService(
      Database database,
      PrivateNetworkRepository networks,
      NetworkMachines machines,
      Hypervisor hypervisor,
      LibvirtNetworks libvirt,
      InstantSource clock) {
    this.database = database;
    this.networks = networks;
    this.machines = machines;
    this.hypervisor = hypervisor;
    this.libvirt = libvirt;
    this.clock = clock;
  }

  public Page<PrivateNetwork> list(
      ListRequest request, Optional<String> name, Optional<String> region) {
    var filters = new ArrayList<Filter>();
    filters.add(Filter.equal("team_id", request.teamId()));
    filters.add(Filter.that("o.dt_deleted IS NULL"));
    name.ifPresent(text -> filters.add(Filter.nameContains(text)));
    region.ifPresent(value -> filters.add(Filter.equal("region", value)));
    return database.query(queries -> networks.list(queries, request, filters));
  }

  /**
   * A team's network.
   *
   * @throws Refusal NOT_FOUND where the team has no such network
   */
  public PrivateNetwork get(String teamId, String id) {
    return database
        .read(handle -> networks.find(handle, teamId, id))
        .orElseThrow(() -> Refusal.notFound("private network", id));
  }

  /**
   * Refuses where there is nothing to make networks of a region with.
   *
   * @throws Refusal UNSUPPORTED, saying why
   */
  public void requireHypervisor(String region) {
    var nodes = new Nodes(database);
    if (nodes.areSeveral() && nodes.runMachines(region)) {
      return;
    }
    if (!hypervisor.isThere()) {
      throw Refusal.unsupported(
          "No hypervisor is set up on this server, so there are no private networks: %s."
              .formatted(hypervisor.absence()));
    }
  }

  /**
   * Makes a network, in the caller's transaction.
   *
   * @throws Refusal CONFLICT where no subnet is left
   */
  public PrivateNetwork create(Handle handle, String teamId, String name, String region) {
    var routes = routes();
    // Another transaction may take the subnet that this one sees free; then it is seen taken.
    for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
      int number =
          networks
              .freeNumber(handle, some -> !routes.leadInto(PrivateNetwork.address(some)))
              .orElseThrow(
                  () ->
                      Refusal.conflict(
                          "All %d subnets from 10.200.0.0 to 10.254.255.0 belong to private networks, or the server's host has routes to them; delete networks that nothing needs."
                              .formatted(PrivateNetwork.SUBNETS)));
      var network =
          new PrivateNetwork(
              Ids.privateNetwork(),
              teamId,
              name,
              region,
              number,
              clock.instant().truncatedTo(ChronoUnit.MILLIS),
              null);
      if (networks.insert(handle, network)) {
        return network;
      }
    }
    throw Refusal.unavailable(
        "Other requests took each free subnet first; try again in a moment.", null);
  }

  /**
   * Renames a network.
   *
   * @throws Refusal NOT_FOUND where the team has no such network
   */
  public PrivateNetwork rename(String teamId, String id, String name) {
    return database.transaction(
        handle -> {
          long version = SortKeyHistory.begin(handle, teamId);
          var network =
              networks
                  .lock(handle, teamId, id)
                  .orElseThrow(() -> Refusal.notFound("private network", id));
          if (!network.name().equals(name)) {
            networks.rename(handle, version, network, name, clock.instant());
          }
          return networks
              .find(handle, teamId, id)
              .orElseThrow(() -> Refusal.notFound("private network", id));
        });
  }

  private static HostRoutes routes() {
    try {
      return HostRoutes.read(HostRoutes.TABLE);
    } catch (IOException e) {
      throw new UncheckedIOException("the routes of this host can't be read", e);
    }
  }

  /**
   * Deletes a network.
   *
   * @throws Refusal CONFLICT while machines are on it
   */
  public PrivateNetwork delete(String teamId, String id) {
    Instant now = clock.instant().truncatedTo(ChronoUnit.MILLIS);
    var deleted =
        database.transaction(
            handle -> {
              var network =
                  networks
                      .lock(handle, teamId, id)
                      .orElseThrow(() -> Refusal.notFound("private network", id));
              refuseWithMachines(machines.on(handle, id));
              networks.delete(handle, id, now);
              return network;
            });
    removeFromLibvirt();
    return new PrivateNetwork(
        id, teamId, deleted.name(), deleted.region(), deleted.number(), deleted.dtCreated(), now);
  }

  private static void refuseWithMachines(NetworkMachines.OnNetwork machines) {
    int others = machines.all() - machines.deleted();
    if (others > 0) {
      throw Refusal.conflict(
          others == 1
              ? "One machine is on this network; delete it first."
              : "%d machines are on this network; delete them first.".formatted(others));
    }
    if (machines.deleted() > 0) {
      throw Refusal.conflict(
          machines.deleted() == 1
              ? "One machine on this network is deleted, and still being removed; try again in a moment."
              : "%d machines on this network are deleted, and still being removed; try again in a moment."
                  .formatted(machines.deleted()));
    }
  }

  private void removeFromLibvirt() {
    try {
      libvirt.removeDeleted();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
