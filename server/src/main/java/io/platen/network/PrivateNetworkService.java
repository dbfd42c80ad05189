package io.platen.network;

import io.platen.api.ApiException;
import io.platen.api.ErrorCode;
import io.platen.api.Ids;
import io.platen.database.Database;
import io.platen.hypervisor.Hypervisor;
import io.platen.paging.Filter;
import io.platen.paging.ListRequest;
import io.platen.paging.Page;
import java.io.IOException;
import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Optional;
import org.jboss.logging.Logger;
import org.jdbi.v3.core.Handle;

/**
 * The rules of private networks. Libvirt gets to know one when its first machine starts, and
 * forgets it when it is deleted.
 */
public final class PrivateNetworkService {
  private static final Logger LOG = Logger.getLogger(PrivateNetworkService.class);

  private final Database database;
  private final PrivateNetworkRepository networks;
  private final Hypervisor hypervisor;
  private final InstantSource clock;

  public PrivateNetworkService(
      Database database,
      PrivateNetworkRepository networks,
      Hypervisor hypervisor,
      InstantSource clock) {
    this.database = database;
    this.networks = networks;
    this.hypervisor = hypervisor;
    this.clock = clock;
  }

  public Page<PrivateNetwork> list(
      ListRequest request, Optional<String> name, Optional<String> region) {
    var filters = new ArrayList<Filter>();
    filters.add(Filter.equal("team_id", request.teamId()));
    filters.add(Filter.that("o.dt_deleted IS NULL"));
    name.ifPresent(text -> filters.add(Filter.nameContains(text)));
    region.ifPresent(value -> filters.add(Filter.equal("region", value)));
    return database.read(handle -> networks.list(handle, request, filters));
  }

  /**
   * A team's network.
   *
   * @throws ApiException NOT_FOUND where the team has no such network
   */
  public PrivateNetwork get(String teamId, String id) {
    return database
        .read(handle -> networks.read(handle, teamId, id))
        .orElseThrow(() -> ApiException.notFound("private network", id));
  }

  /**
   * Refuses where there is nothing to make networks with.
   *
   * @throws ApiException PRECONDITION_FAILED, saying why
   */
  public void requireHypervisor() {
    if (!hypervisor.isThere()) {
      throw new ApiException(
          ErrorCode.PRECONDITION_FAILED,
          "No hypervisor is set up on this server, so there are no private networks: %s."
              .formatted(hypervisor.absence()));
    }
  }

  /** Makes a network, in the caller's transaction. */
  public PrivateNetwork create(Handle handle, String teamId, String name, String region) {
    int number =
        networks
            .freeNumber(handle)
            .orElseThrow(
                () ->
                    ApiException.conflict(
                        "All %d subnets are taken; delete private networks that nothing needs."
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
    networks.insert(handle, network);
    return network;
  }

  /**
   * Deletes a network.
   *
   * @throws ApiException CONFLICT while machines are on it
   */
  public PrivateNetwork delete(String teamId, String id) {
    Instant now = clock.instant().truncatedTo(ChronoUnit.MILLIS);
    var deleted =
        database.transaction(
            handle -> {
              var network =
                  networks
                      .find(handle, teamId, id)
                      .orElseThrow(() -> ApiException.notFound("private network", id));
              int machines = networks.machines(handle, id);
              if (machines > 0) {
                throw ApiException.conflict(
                    "%d machines are on this network; delete them first.".formatted(machines));
              }
              networks.delete(handle, id, now);
              return network;
            });
    forget(deleted);
    return new PrivateNetwork(
        id, teamId, deleted.name(), deleted.region(), deleted.number(), deleted.dtCreated(), now);
  }

  private void forget(PrivateNetwork network) {
    if (!hypervisor.isThere()) {
      return;
    }
    try {
      hypervisor.removeNetwork(network.libvirtName());
    } catch (IOException e) {
      LOG.warnf(
          "libvirt still has the network of the deleted %s: %s; remove it with \"virsh net-destroy\" and \"virsh net-undefine\"",
          network.id(), e.getMessage());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
