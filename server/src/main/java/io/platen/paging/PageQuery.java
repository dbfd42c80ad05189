package io.platen.paging;

import io.platen.database.Queries;
import io.platen.database.Row;
import java.sql.SQLException;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

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
  private final Queries.RowReader<T> reader;
  private final Cursors cursors;

  /**
   * Columns of the table that a list is of. They are named one by one, here as in every other
   * statement: a later version may add some while this one runs beside it, and PostgreSQL refuses a
   * prepared statement whose answer has other columns than before.
   *
   * @param names separated by commas
   */
  public static String columns(String names) {
    return Arrays.stream(names.split(",\\s*"))
        .map(name -> "o." + name)
        .collect(Collectors.joining(", "));
  }

  /**
   * A query over one table.
   *
   * @param columns those that are read, of the table {@code o}
   * @param keys the sort keys by the names that {@code orderBy} has for them
   */
  public PageQuery(
      String table,
      String columns,
      Map<String, SortKey> keys,
      Queries.RowReader<T> reader,
      Cursors cursors) {
    this.table = table;
    this.columns = columns;
    this.keys = keys;
    this.reader = reader;
    this.cursors = cursors;
  }

  public Page<T> fetch(Queries queries, ListRequest request, List<Filter> filters) {
    SortKey key = keys.get(request.orderBy());
    if (key == null) {
      throw new IllegalArgumentException(table + " can't be ordered by " + request.orderBy());
    }
    Position after = request.after();
    long version = 0;
    if (key.moves() != null) {
      // Read before the page itself: what moves in between has a later number, and is sorted by its
      // old key.
      version = after != null ? after.version() : currentVersion(queries, request.teamId());
    }
    var sql = sql(new Walk(key, request, filters, version));
    var rows = new Rows<>(reader, request.limit());
    var items = queries.list(sql.text(), sql.values(), rows);
    if (items.size() <= request.limit()) {
      return new Page<>(false, items, null);
    }
    var end = new Position(version, rows.lastKey, rows.lastId);
    return new Page<>(
        true,
        items.subList(0, request.limit()),
        cursors.write(end, request.list(), request.teamId()));
  }

  /** Reads rows, and notes where the page ends. */
  private static final class Rows<T> implements Queries.RowReader<T> {
    private final Queries.RowReader<T> reader;
    private final int limit;
    private int read;
    private String lastKey = "";
    private String lastId = "";

    Rows(Queries.RowReader<T> reader, int limit) {
      this.reader = reader;
      this.limit = limit;
    }

    @Override
    public T read(Row row) throws SQLException {
      read++;
      if (read == limit) {
        lastKey = row.text("sort_key");
        lastId = row.text("id");
      }
      return reader.read(row);
    }
  }

  private static long currentVersion(Queries queries, String teamId) {
    return queries
        .find(
            "SELECT list_version FROM team WHERE id = ?",
            List.of(teamId),
            row -> row.number("list_version"))
        .orElseThrow();
  }

  /** What one statement is about. */
  private record Walk(SortKey key, ListRequest request, List<Filter> filters, long version) {
    String order() {
      return request.descending() ? "DESC" : "ASC";
    }
  }

  private SqlText sql(Walk walk) {
    var sql = new SqlText();
    String moves = walk.key().moves();
    if (moves == null) {
      select(sql, walk, walk.key().column(), table + " o");
      return end(sql, walk);
    }
    // Each part ends by itself: PostgreSQL would sort all of a million rows before it takes twenty.
    sql.add("SELECT * FROM (");
    select(sql, walk, walk.key().column(), table + " o");
    sql.add(" AND NOT EXISTS (");
    end(moved(sql, moves, walk.version()).add(")"), walk);
    sql.add(") stayed UNION ALL SELECT * FROM (");
    select(sql, walk, "m.old_key", "list_move m JOIN " + table + " o ON o.id = m.object_id");
    sql.add(" AND m.team_id = ? AND m.list = ? AND m.version > ? AND NOT EXISTS (")
        .bind(walk.request().teamId())
        .bind(moves)
        .bind(walk.version());
    end(moved(sql, moves, walk.version()).add(" AND n.version < m.version)"), walk);
    return end(sql.add(") moved"), walk);
  }

  private static SqlText moved(SqlText sql, String moves, long version) {
    return sql.add("SELECT 1 FROM list_move n WHERE n.object_id = o.id")
        .add(" AND n.list = ? AND n.version > ?")
        .bind(moves)
        .bind(version);
  }

  private static SqlText end(SqlText sql, Walk walk) {
    String order = walk.order();
    return sql.add(" ORDER BY sort_key ")
        .add(order)
        .add(", id ")
        .add(order)
        .add(" LIMIT ?")
        .bind(walk.request().limit() + 1);
  }

  private void select(SqlText sql, Walk walk, String key, String from) {
    String column = key.contains(".") ? key : "o." + key;
    sql.add("SELECT ").add(column).add(" AS sort_key, ").add(columns).add(" FROM ").add(from);
    String next = " WHERE ";
    for (var filter : walk.filters()) {
      sql.add(next).add(filter.sql());
      if (filter.value() != null) {
        sql.bind(filter.value());
      }
      next = " AND ";
    }
    Position after = walk.request().after();
    if (after != null) {
      sql.add(next)
          .add("(")
          .add(column)
          .add(walk.request().descending() ? ", o.id) < (?, ?)" : ", o.id) > (?, ?)")
          .bind(walk.key().parse(after.key()))
          .bind(after.id());
    }
  }
}
