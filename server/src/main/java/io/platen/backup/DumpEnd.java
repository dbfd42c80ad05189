package io.platen.backup;

import java.util.Map;

/**
 * The last line of a dump.
 *
 * @param rows how many rows each table has
 * @param sha256 of all lines before, with their line ends
 */
record DumpEnd(Map<String, Long> rows, String sha256) {}
