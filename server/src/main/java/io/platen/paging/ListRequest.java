package io.platen.paging;

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
    @Nullable Position after) {}
