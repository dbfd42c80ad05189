package io.platen.network;

import io.platen.config.AddressRange;
import io.platen.database.Queries;
import io.platen.model.Ids;
import io.platen.model.Ipv4;
import io.platen.paging.Cursors;
import io.platen.paging.Filter;
import io.platen.paging.ListRequest;
import io.platen.paging.Page;
import io.platen.paging.PageQuery;
import io.platen.paging.SortKey;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jdbi.v3.core.Handle;
import org.jspecify.annotations.Nullable;

/** Claimed addresses in the database, and the machines that they are assigned to. */
public final class PublicIpRepository {
  private static final String COLUMNS =
      """
      o.id, o.team_id, o.region, o.dt_created, (
        SELECT m.id FROM machine m WHERE m.static_ip = o.id AND m.dt_deleted IS NULL) AS machine_id
      """;

  /** How many ids one query names. */
  private static final int BATCH = 500;

  private final PageQuery<PublicIp> pages;

  public PublicIpRepository(Cursors cursors) {
    pages =
        new PageQuery<>(
            "public_ip",
            COLUMNS,
            Map.of("dtCreated", SortKey.time("dt_created")),
            row -> map(row.result()),
            cursors);
  }

  private static PublicIp map(ResultSet row) throws SQLException {
    return new PublicIp(
        Ipv4.parse(row.getString("id")).orElseThrow(),
        row.getString("team_id"),
        row.getString("region"),
        row.getString("machine_id"),
        Instant.ofEpochMilli(row.getLong("dt_created")));
  }

  Page<PublicIp> list(Queries queries, ListRequest request, List<Filter> filters) {
    return pages.fetch(queries, request, filters);
  }

  /** An address that a team has claimed. */
  Optional<PublicIp> find(Handle handle, String teamId, Ipv4 ip) {
    return handle
        .createQuery(
            "SELECT %s FROM public_ip o WHERE o.id = :ip AND o.team_id = :team".formatted(COLUMNS))
        .bind("ip", ip.toString())
        .bind("team", teamId)
        .map((row, context) -> map(row))
        .findOne();
  }

  /** Whether any address is claimed. */
  boolean hasAny(Handle handle) {
    return handle.createQuery("SELECT EXISTS (SELECT 1 FROM public_ip)").mapTo(Boolean.class).one();
  }

  /** The first address of a range that no team has claimed, of those that may be given. */
  Optional<Ipv4> free(Handle handle, AddressRange range, Set<Ipv4> unusable) {
    var taken = new HashSet<>(unusable);
    handle
        .createQuery("SELECT id FROM public_ip")
        .mapTo(String.class)
        .forEach(ip -> Ipv4.parse(ip).ifPresent(taken::add));
    for (int i = 0; i < range.size(); i++) {
      var ip = range.first().plus(i);
      if (!taken.contains(ip)) {
        return Optional.of(ip);
      }
    }
    return Optional.empty();
  }

  /**
   * Claims an address for a team.
   *
   * @param launchId the machine whose launch claims it; null for none
   * @return false where it is claimed already
   */
  boolean insert(Handle handle, PublicIp address, @Nullable String launchId) {
    return handle
            .createUpdate(
                """
                INSERT INTO public_ip (id, team_id, region, launch_id, dt_created)
                VALUES (:ip, :team, :region, :launch, :created)
                ON CONFLICT (id) DO NOTHING
                """)
            .bind("ip", address.ip().toString())
            .bind("team", address.teamId())
            .bind("region", address.region())
            .bind("launch", launchId)
            .bind("created", address.dtCreated().toEpochMilli())
            .execute()
        == 1;
  }

  /**
   * A team's machine as far as addresses are concerned.
   *
   * @param isAdopted whether its domain, if it has one, is not described here
   * @param networkId its private network; null for none
   */
  record Holder(
      String region, boolean isAdopted, @Nullable String networkId, PublicAddress address) {
    /** Whether it has a card on the public network, now or when it is next started. */
    boolean isReachable() {
      return networkId == null || address.type() != PublicIpType.NONE;
    }
  }

  /** As {@link #holder}; nothing else changes it before this transaction ends. */
  Optional<Holder> lock(Handle handle, String teamId, String machineId, Instant now) {
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
    return holder(handle, teamId, machineId);
  }

  private Optional<Holder> holder(Handle handle, String teamId, String machineId) {
    return handle
        .createQuery(
            """
            SELECT region, base_template_id, network_id, public_ip_dynamic, static_ip, public_address
            FROM machine WHERE id = :machine AND team_id = :team AND dt_deleted IS NULL
            """)
        .bind("machine", machineId)
        .bind("team", teamId)
        .map(
            (row, context) ->
                new Holder(
                    row.getString("region"),
                    row.getString("base_template_id") == null,
                    row.getString("network_id"),
                    address(row)))
        .findOne();
  }

  /** What a row of machine says of its public address. */
  public static PublicAddress address(ResultSet row) throws SQLException {
    return new PublicAddress(
        row.getInt("public_ip_dynamic") == 1,
        row.getString("static_ip"),
        row.getString("public_address"));
  }

  /** Assigns an address to a machine, instead of to another one, or of another one to it. */
  void assign(Handle handle, Ipv4 ip, String machineId) {
    unassign(handle, ip);
    handle
        .createUpdate("UPDATE machine SET static_ip = :ip WHERE id = :machine")
        .bind("ip", ip.toString())
        .bind("machine", machineId)
        .execute();
  }

  /** Takes an address from the machine that has it, if one does; it stays claimed. */
  void unassign(Handle handle, Ipv4 ip) {
    handle
        .createUpdate(
            "UPDATE machine SET static_ip = NULL WHERE static_ip = :ip AND dt_deleted IS NULL")
        .bind("ip", ip.toString())
        .execute();
    handle
        .createUpdate("UPDATE public_ip SET launch_id = NULL WHERE id = :ip")
        .bind("ip", ip.toString())
        .execute();
  }

  /** Has a machine show the address of its network, or not; a static one is taken from it. */
  void change(Handle handle, String machineId, boolean dynamic) {
    handle
        .createUpdate(
            "UPDATE machine SET public_ip_dynamic = :dynamic, static_ip = NULL WHERE id = :machine")
        .bind("dynamic", dynamic ? 1 : 0)
        .bind("machine", machineId)
        .execute();
  }

  /** Gives an address back. */
  void delete(Handle handle, Ipv4 ip) {
    unassign(handle, ip);
    handle.createUpdate("DELETE FROM public_ip WHERE id = :ip").bind("ip", ip.toString()).execute();
  }

  /** Gives back what the launch of a machine claimed, as long as nobody assigned it since. */
  void giveBack(Handle handle, String machineId) {
    handle
        .createUpdate("UPDATE machine SET static_ip = NULL WHERE id = :machine")
        .bind("machine", machineId)
        .execute();
    handle
        .createUpdate("DELETE FROM public_ip WHERE launch_id = :machine")
        .bind("machine", machineId)
        .execute();
  }

  /**
   * A machine that has a static address.
   *
   * @param hasPrivateNetwork whether that is the address of its second card
   */
  record Assigned(String machineId, boolean hasPrivateNetwork, Ipv4 ip) {}

  /** All of them. */
  List<Assigned> assigned(Handle handle) {
    return handle
        .createQuery(
            """
            SELECT id, network_id, static_ip FROM machine
            WHERE static_ip IS NOT NULL AND dt_deleted IS NULL ORDER BY id
            """)
        .map(
            (row, context) ->
                new Assigned(
                    row.getString("id"),
                    row.getString("network_id") != null,
                    Ipv4.parse(row.getString("static_ip")).orElseThrow()))
        .list();
  }

  /** Those of these ids that are, or were, machines of this database. */
  Set<String> machines(Handle handle, Collection<String> ids) {
    var known = new HashSet<String>();
    var all = List.copyOf(ids);
    for (int from = 0; from < all.size(); from += BATCH) {
      handle
          .createQuery("SELECT id FROM machine WHERE id IN (<ids>)")
          .bindList("ids", all.subList(from, Math.min(all.size(), from + BATCH)))
          .mapTo(String.class)
          .forEach(known::add);
    }
    return known;
  }
}
