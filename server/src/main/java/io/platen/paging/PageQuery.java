package io.platen.paging;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.mapper.RowMapper;
import org.jspecify.annotations.Nullable;

/**
 * Fetches pages of one list. A page follows the sort key and then the id, and begins behind the
 * object that the cursor names: an object that exists during a whole walk is met exactly once,
 * whatever else is created or deleted.
 *
 * <p>That holds for objects that are renamed during the walk as well: they are sorted by the key
 * they had when the walk began. Each change of a key leaves the old one in {@code list_move} under
 * the next number of the team's {@code list_version}; the cursor carries the number at which its
 * walk began.
 */
public final class PageQuery<T> {
  private final String table;
  private final String columns;
  private final Map<String, SortKey> keys;
  private final RowMapper<T> mapper;
  private final Cursors cursors;

  /**
   * A query over one table.
   *
   * @param keys the sort keys by the names that {@code orderBy} has for them
   */
  public PageQuery(String table, Map<String, SortKey> keys, RowMapper<T> mapper, Cursors cursors) {
    this(table, "o.*", keys, mapper, cursors);
  }

  /**
   * As above, for tables with columns that no list shows.
   *
   * @param columns those that are read, of the table {@code o}
   */
  public PageQuery(
      String table,
      String columns,
      Map<String, SortKey> keys,
      RowMapper<T> mapper,
      Cursors cursors) {
    this.table = table;
    this.columns = columns;
    this.keys = keys;
    this.mapper = mapper;
    this.cursors = cursors;
  }

  private record Row<T>(T item, String key, String id) {}

  public Page<T> fetch(Handle handle, ListRequest request, List<Filter> filters) {
    SortKey key = keys.get(request.orderBy());
    if (key == null) {
      throw new IllegalArgumentException(table + " can't be ordered by " + request.orderBy());
    }
    Position after = request.after();
    long version = 0;
    if (key.moves() != null) {
      // Read before the page itself: what moves in between has a later number, and is sorted by its
      // old key.
      version = after != null ? after.version() : currentVersion(handle, request.teamId());
    }
    try (var query = handle.createQuery(sql(key, request, filters))) {
      query.bind("rows", request.limit() + 1);
      for (var filter : filters) {
        if (filter.value() != null) {
          query.bind(filter.parameter(), filter.value());
        }
      }
      if (after != null) {
        query.bind("after_key", key.parse(after.key())).bind("after_id", after.id());
      }
      if (key.moves() != null) {
        query
            .bind("moves_team", request.teamId())
            .bind("moves", key.moves())
            .bind("version", version);
      }
      List<Row<T>> rows =
          query
              .map(
                  (row, context) ->
                      new Row<>(
                          mapper.map(row, context), row.getString("sort_key"), row.getString("id")))
              .list();
      return page(rows, request, version);
    }
  }

  private Page<T> page(List<Row<T>> rows, ListRequest request, long version) {
    boolean hasMore = rows.size() > request.limit();
    var items = rows.stream().limit(request.limit()).map(Row::item).toList();
    @Nullable String next = null;
    if (hasMore) {
      var last = rows.get(request.limit() - 1);
      next =
          cursors.write(
              new Position(version, last.key(), last.id()), request.list(), request.teamId());
    }
    return new Page<>(hasMore, items, next);
  }

  private static long currentVersion(Handle handle, String teamId) {
    return handle
        .createQuery("SELECT list_version FROM team WHERE id = :team")
        .bind("team", teamId)
        .mapTo(Long.class)
        .one();
  }

  private String sql(SortKey key, ListRequest request, List<Filter> filters) {
    String order = request.descending() ? "DESC" : "ASC";
    String end = " ORDER BY sort_key %s, id %s LIMIT :rows".formatted(order, order);
    if (key.moves() == null) {
      return select(key.column(), table + " o", request, filters, null) + end;
    }
    String moved =
        "SELECT 1 FROM list_move n WHERE n.object_id = o.id AND n.list = :moves AND n.version > :version";
    String stayed =
        select(key.column(), table + " o", request, filters, "NOT EXISTS (%s)".formatted(moved));
    String left =
        select(
            "m.old_key",
            "list_move m JOIN %s o ON o.id = m.object_id".formatted(table),
            request,
            filters,
            "m.team_id = :moves_team AND m.list = :moves AND m.version > :version AND NOT EXISTS (%s AND n.version < m.version)"
                .formatted(moved));
    // Each part ends by itself: PostgreSQL would sort all of a million rows before it takes twenty.
    return "SELECT * FROM (%s) stayed UNION ALL SELECT * FROM (%s) moved"
            .formatted(stayed + end, left + end)
        + end;
  }

  private String select(
      String key, String from, ListRequest request, List<Filter> filters, @Nullable String moved) {
    String column = key.contains(".") ? key : "o." + key;
    var conditions =
        filters.stream().map(Filter::sql).collect(Collectors.toCollection(ArrayList::new));
    if (request.after() != null) {
      conditions.add(
          "(%s, o.id) %s (:after_key, :after_id)"
              .formatted(column, request.descending() ? "<" : ">"));
    }
    if (moved != null) {
      conditions.add(moved);
    }
    return "SELECT %s, %s AS sort_key FROM %s WHERE %s"
        .formatted(columns, column, from, String.join(" AND ", conditions));
  }
}
