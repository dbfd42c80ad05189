package io.platen.machine;

import io.platen.network.NetworkMachines;
import org.jdbi.v3.core.Handle;

/** The machines on private networks, in the table of machines. */
public final class MachinesOnNetworks implements NetworkMachines {
  @Override
  public OnNetwork on(Handle handle, String networkId) {
    return handle
        .createQuery(
            "SELECT COUNT(*) AS machines, COUNT(dt_deleted) AS deleted FROM present_machine WHERE network_id = :id")
        .bind("id", networkId)
        .map((row, context) -> new OnNetwork(row.getInt("machines"), row.getInt("deleted")))
        .one();
  }
}
