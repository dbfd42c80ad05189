package io.platen.network;

import io.platen.config.AddressRange;
import io.platen.database.Queries;
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
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jdbi.v3.core.Handle;
import org.jspecify.annotations.Nullable;

/** Claimed addresses in the database; {@link AddressedMachines} knows which machine has which. */
public final class PublicIpRepository {
  /** What an address is read of; see {@link PageQuery#columns}. */
  private static final String COLUMNS =
      """
      id, team_id, region, dt_created""";

  private final PageQuery<PublicIp> pages;

  public PublicIpRepository(Cursors cursors) {
    pages =
        new PageQuery<>(
            "public_ip",
            PageQuery.columns(COLUMNS),
            Map.of("dtCreated", SortKey.time("dt_created")),
            row -> map(row.result()),
            cursors);
  }

  private static PublicIp map(ResultSet row) throws SQLException {
    return new PublicIp(
        Ipv4.parse(row.getString("id")).orElseThrow(),
        row.getString("team_id"),
        row.getString("region"),
        null,
        Instant.ofEpochMilli(row.getLong("dt_created")));
  }

  /** A page of them, without their machines; so is what {@link #find} finds. */
  Page<PublicIp> list(Queries queries, ListRequest request, List<Filter> filters) {
    return pages.fetch(queries, request, filters);
  }

  /** An address that a team has claimed. */
  Optional<PublicIp> find(Handle handle, String teamId, Ipv4 ip) {
    return handle
        .createQuery("SELECT " + COLUMNS + " FROM public_ip WHERE id = :ip AND team_id = :team")
        .bind("ip", ip.toString())
        .bind("team", teamId)
        .map((row, context) -> map(row))
        .findOne();
  }

  /** Whether any address is claimed. */
  boolean hasAny(Handle handle) {
    return handle.createQuery("SELECT EXISTS (SELECT 1 FROM public_ip)").mapTo(Boolean.class).one();
  }

  /** How many addresses a team has claimed. */
  int count(Handle handle, String teamId) {
    return handle
        .createQuery("SELECT count(*) FROM public_ip WHERE team_id = :team")
        .bind("team", teamId)
        .mapTo(Integer.class)
        .one();
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
   * @param node the one whose network it is of
   * @param launchId the machine whose launch claims it; null for none
   * @return false where it is claimed already
   */
  boolean insert(Handle handle, PublicIp address, String node, @Nullable String launchId) {
    return handle
            .createUpdate(
                """
                INSERT INTO public_ip (id, team_id, region, node, launch_id, dt_created)
                VALUES (:ip, :team, :region, :node, :launch, :created)
                ON CONFLICT (id) DO NOTHING
                """)
            .bind("ip", address.ip().toString())
            .bind("team", address.teamId())
            .bind("region", address.region())
            .bind("node", node)
            .bind("launch", launchId)
            .bind("created", address.dtCreated().toEpochMilli())
            .execute()
        == 1;
  }

  /** The node that has an address; empty where the database has one node only. */
  String nodeOf(Handle handle, Ipv4 ip) {
    return handle
        .createQuery("SELECT node FROM public_ip WHERE id = :ip")
        .bind("ip", ip.toString())
        .mapTo(String.class)
        .findOne()
        .orElse("");
  }

  /** Notes that somebody has assigned an address, whatever launch claimed it. */
  void forgetLaunch(Handle handle, Ipv4 ip) {
    handle
        .createUpdate("UPDATE public_ip SET launch_id = NULL WHERE id = :ip")
        .bind("ip", ip.toString())
        .execute();
  }

  void delete(Handle handle, Ipv4 ip) {
    handle.createUpdate("DELETE FROM public_ip WHERE id = :ip").bind("ip", ip.toString()).execute();
  }

  /** Gives back what the launch of a machine claimed, as long as nobody assigned it since. */
  void deleteOfLaunch(Handle handle, String machineId) {
    handle
        .createUpdate("DELETE FROM public_ip WHERE launch_id = :machine")
        .bind("machine", machineId)
        .execute();
  }
}
