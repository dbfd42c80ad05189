package io.platen.network;

import io.platen.database.Queries;
import io.platen.database.Timestamps;
import io.platen.model.Ids;
import io.platen.model.ObjectName;
import io.platen.paging.Cursors;
import io.platen.paging.Filter;
import io.platen.paging.ListRequest;
import io.platen.paging.Page;
import io.platen.paging.PageQuery;
import io.platen.paging.SortKey;
import io.platen.paging.SortKeyHistory;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.IntPredicate;
import java.util.stream.IntStream;
import org.jdbi.v3.core.Handle;

/** Private networks in the database. */
public final class PrivateNetworkRepository {
  private static final String NAME_MOVES = "private_network.name";

  /** What a network is read of; see {@link PageQuery#columns}. */
  private static final String COLUMNS =
      """
      id, team_id, name, region, number, dt_created, dt_deleted""";

  private final PageQuery<PrivateNetwork> pages;

  public PrivateNetworkRepository(Cursors cursors) {
    pages =
        new PageQuery<>(
            "private_network",
            PageQuery.columns(COLUMNS),
            Map.of(
                "dtCreated",
                SortKey.time("dt_created"),
                "name",
                SortKey.movingText("name", NAME_MOVES)),
            row -> map(row.result()),
            cursors);
  }

  private static PrivateNetwork map(ResultSet row) throws SQLException {
    return new PrivateNetwork(
        row.getString("id"),
        row.getString("team_id"),
        row.getString("name"),
        row.getString("region"),
        row.getInt("number"),
        Instant.ofEpochMilli(row.getLong("dt_created")),
        Timestamps.orNull(row, "dt_deleted"));
  }

  Page<PrivateNetwork> list(Queries queries, ListRequest request, List<Filter> filters) {
    return pages.fetch(queries, request, filters);
  }

  /** As {@link #find}; it is not deleted before this transaction ends. */
  public Optional<PrivateNetwork> lock(Handle handle, String teamId, String id) {
    if (!Ids.isId(id)) {
      return Optional.empty();
    }
    // An update locks the row on every database; SQLite knows no FOR UPDATE.
    handle
        .createUpdate(
            "UPDATE private_network SET number = number WHERE id = :id AND team_id = :team")
        .bind("id", id)
        .bind("team", teamId)
        .execute();
    return find(handle, teamId, id);
  }

  /** The node that has a network; empty until a machine is on it, and with one node only. */
  public String nodeOf(Handle handle, String id) {
    return handle
        .createQuery("SELECT node FROM private_network WHERE id = :id")
        .bind("id", id)
        .mapTo(String.class)
        .findOne()
        .orElse("");
  }

  /** Says which node has a network, from its first machine on. */
  public void putOn(Handle handle, String id, String node) {
    handle
        .createUpdate("UPDATE private_network SET node = :node WHERE id = :id")
        .bind("id", id)
        .bind("node", node)
        .execute();
  }

  /** A team's network that is not deleted. */
  public Optional<PrivateNetwork> find(Handle handle, String teamId, String id) {
    if (!Ids.isId(id)) {
      return Optional.empty();
    }
    return handle
        .createQuery(
            "SELECT "
                + COLUMNS
                + " FROM private_network WHERE id = :id AND team_id = :team AND dt_deleted IS NULL")
        .bind("id", id)
        .bind("team", teamId)
        .map((row, context) -> map(row))
        .findOne();
  }

  /** The first subnet that no network has, of those that the host leaves free. */
  OptionalInt freeNumber(Handle handle, IntPredicate isFree) {
    var taken =
        new HashSet<>(
            handle
                .createQuery("SELECT number FROM private_network WHERE dt_deleted IS NULL")
                .mapTo(Integer.class)
                .list());
    return IntStream.range(0, PrivateNetwork.SUBNETS)
        .filter(number -> !taken.contains(number) && isFree.test(number))
        .findFirst();
  }

  /** Inserts a network. False where another one has its subnet. */
  public boolean insert(Handle handle, PrivateNetwork network) {
    return handle
            .createUpdate(
                """
                INSERT INTO private_network (id, team_id, name, name_folded, region, number, dt_created)
                VALUES (:id, :team, :name, :folded, :region, :number, :created)
                ON CONFLICT (number) WHERE dt_deleted IS NULL DO NOTHING
                """)
            .bind("id", network.id())
            .bind("team", network.teamId())
            .bind("name", network.name())
            .bind("folded", ObjectName.fold(network.name()))
            .bind("region", network.region())
            .bind("number", network.number())
            .bind("created", network.dtCreated().toEpochMilli())
            .execute()
        == 1;
  }

  /**
   * Renames a network.
   *
   * @param version from {@link SortKeyHistory#begin} in the same transaction
   */
  void rename(Handle handle, long version, PrivateNetwork network, String name, Instant now) {
    SortKeyHistory.record(
        handle, network.teamId(), version, NAME_MOVES, network.id(), network.name(), now);
    handle
        .createUpdate(
            "UPDATE private_network SET name = :name, name_folded = :folded WHERE id = :id")
        .bind("id", network.id())
        .bind("name", name)
        .bind("folded", ObjectName.fold(name))
        .execute();
  }

  void delete(Handle handle, String id, Instant now) {
    handle
        .createUpdate("UPDATE private_network SET dt_deleted = :now WHERE id = :id")
        .bind("id", id)
        .bind("now", now.toEpochMilli())
        .execute();
  }

  /** Whether any network was ever deleted. */
  boolean hasDeleted(Handle handle) {
    return handle
        .createQuery("SELECT EXISTS (SELECT 1 FROM private_network WHERE dt_deleted IS NOT NULL)")
        .mapTo(Boolean.class)
        .one();
  }

  /** Those of these networks that are deleted. */
  List<PrivateNetwork> deleted(Handle handle, List<String> ids) {
    if (ids.isEmpty()) {
      return List.of();
    }
    return handle
        .createQuery(
            "SELECT "
                + COLUMNS
                + " FROM private_network WHERE id IN (<ids>) AND dt_deleted IS NOT NULL")
        .bindList("ids", ids)
        .map((row, context) -> map(row))
        .list();
  }

  /** Whether there is, or was, a network of this id. */
  public boolean isKnown(Handle handle, String id) {
    return handle
        .createQuery("SELECT EXISTS (SELECT 1 FROM private_network WHERE id = :id)")
        .bind("id", id)
        .mapTo(Boolean.class)
        .one();
  }
}
