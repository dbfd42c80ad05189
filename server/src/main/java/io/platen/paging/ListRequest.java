package io.platen.paging;

import io.platen.api.QueryParams;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Which page of which list a client wants.
 *
 * @param list the list's name, the order included: cursors are good for one list in one order
 * @param after where the page before ended; null for the first page
 */
public record ListRequest(
    String list,
    String teamId,
    String orderBy,
    boolean descending,
    int limit,
    @Nullable Position after) {
  private static final int DEFAULT_LIMIT = 20;
  private static final int MAXIMUM_LIMIT = 120;

  /**
   * Reads {@code after}, {@code limit}, {@code orderBy} and {@code order}.
   *
   * @param list the list's name, as it stands in the URL
   * @param orderBy what the list can be ordered by, the default first
   */
  public static ListRequest parse(
      QueryParams query, Cursors cursors, String list, String teamId, List<String> orderBy) {
    int limit = query.integer("limit", 1, MAXIMUM_LIMIT, DEFAULT_LIMIT);
    String field = query.oneOf("orderBy", orderBy, orderBy.getFirst());
    String order = query.oneOf("order", List.of("asc", "desc"), "desc");
    String ordered = String.join(" ", list, field, order);
    Position after =
        query
            .text("after")
            .map(
                cursor ->
                    cursors
                        .read(cursor, ordered, teamId)
                        .orElseGet(
                            () -> {
                              query
                                  .issues()
                                  .add(
                                      "after",
                                      "is not a cursor of this list in this order; take nextPage from the page before");
                              return new Position(0, "", "");
                            }))
            .orElse(null);
    return new ListRequest(ordered, teamId, field, order.equals("desc"), limit, after);
  }
}
