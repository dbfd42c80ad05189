package io.platen.machine;

import io.platen.model.Ids;
import io.platen.model.Ipv4;
import io.platen.network.AddressedMachines;
import io.platen.network.PublicAddress;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jdbi.v3.core.Handle;

/** The addresses of machines, in the table of machines. */
public final class MachinePublicIps implements AddressedMachines {
  private final RemovalRepository removals = new RemovalRepository();

  /** What a row says of the machine's public address. */
  static PublicAddress address(ResultSet row) throws SQLException {
    return new PublicAddress(
        row.getInt("public_ip_dynamic") == 1,
        row.getString("static_ip"),
        row.getString("public_address"));
  }

  private static Ipv4 staticIp(ResultSet row) throws SQLException {
    return Ipv4.parse(row.getString("static_ip")).orElseThrow();
  }

  @Override
  public Map<Ipv4, String> having(Handle handle, List<Ipv4> addresses) {
    var having = new HashMap<Ipv4, String>();
    if (!addresses.isEmpty()) {
      handle
          .createQuery(
              "SELECT id, static_ip FROM machine WHERE static_ip IN (<ips>) AND dt_deleted IS NULL")
          .bindList("ips", addresses.stream().map(Ipv4::toString).toList())
          .map((row, context) -> Map.entry(staticIp(row), row.getString("id")))
          .forEach(entry -> having.put(entry.getKey(), entry.getValue()));
    }
    return having;
  }

  @Override
  public Optional<Holder> lock(Handle handle, String teamId, String machineId, Instant now) {
    if (!Ids.isId(machineId)) {
      return Optional.empty();
    }
    // An update locks the row on every database; SQLite knows no FOR UPDATE.
    handle
        .createUpdate(
            """
            UPDATE machine SET dt_modified = :now
            WHERE id = :machine AND team_id = :team AND dt_deleted IS NULL
            """)
        .bind("machine", machineId)
        .bind("team", teamId)
        .bind("now", now.toEpochMilli())
        .execute();
    return handle
        .createQuery(
            """
            SELECT region, node, base_template_id, network_id, public_ip_dynamic, static_ip, public_address
            FROM machine WHERE id = :machine AND team_id = :team AND dt_deleted IS NULL
            """)
        .bind("machine", machineId)
        .bind("team", teamId)
        .map(
            (row, context) ->
                new Holder(
                    row.getString("region"),
                    row.getString("node"),
                    row.getString("base_template_id") == null,
                    row.getString("network_id"),
                    address(row)))
        .findOne();
  }

  @Override
  public void assign(Handle handle, Ipv4 address, String machineId) {
    unassign(handle, address);
    handle
        .createUpdate("UPDATE machine SET static_ip = :ip WHERE id = :machine")
        .bind("ip", address.toString())
        .bind("machine", machineId)
        .execute();
  }

  @Override
  public void unassign(Handle handle, Ipv4 address) {
    handle
        .createUpdate(
            "UPDATE machine SET static_ip = NULL WHERE static_ip = :ip AND dt_deleted IS NULL")
        .bind("ip", address.toString())
        .execute();
  }

  @Override
  public void takeStatic(Handle handle, String machineId) {
    handle
        .createUpdate("UPDATE machine SET static_ip = NULL WHERE id = :machine")
        .bind("machine", machineId)
        .execute();
  }

  @Override
  public void change(Handle handle, String machineId, boolean dynamic) {
    handle
        .createUpdate(
            "UPDATE machine SET public_ip_dynamic = :dynamic, static_ip = NULL WHERE id = :machine")
        .bind("dynamic", dynamic ? 1 : 0)
        .bind("machine", machineId)
        .execute();
  }

  @Override
  public List<Assigned> assigned(Handle handle, String node) {
    return handle
        .createQuery(
            """
            SELECT id, network_id, static_ip FROM machine
            WHERE static_ip IS NOT NULL AND dt_deleted IS NULL AND node = :node ORDER BY id
            """)
        .bind("node", node)
        .map(
            (row, context) ->
                new Assigned(
                    row.getString("id"), row.getString("network_id") != null, staticIp(row)))
        .list();
  }

  @Override
  public Set<String> known(Handle handle, Collection<String> machineIds) {
    return removals.known(handle, machineIds);
  }
}
