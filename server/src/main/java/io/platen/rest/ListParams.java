package io.platen.rest;

import io.platen.paging.Cursors;
import io.platen.paging.ListRequest;
import io.platen.paging.Position;
import java.util.List;

/** Reads which page of a list a client wants. */
public final class ListParams {
  private static final int DEFAULT_LIMIT = 20;
  private static final int MAXIMUM_LIMIT = 120;

  private ListParams() {}

  /**
   * Reads {@code after}, {@code limit}, {@code orderBy} and {@code order}.
   *
   * @param list the list's name, as it stands in the URL
   * @param orderBy what the list can be ordered by, the default first
   */
  public static ListRequest read(
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
