package io.platen.paging;

/**
 * Where a page ends and the next begins.
 *
 * @param version the count of the team's renames and state changes when the walk began
 * @param key the last object's sort key, as it was at that version
 * @param id the last object's id
 */
public record Position(long version, String key, String id) {}
