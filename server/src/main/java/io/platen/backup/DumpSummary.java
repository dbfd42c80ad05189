package io.platen.backup;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * What a whole dump holds.
 *
 * @param rows of each table, in the order of the dump
 * @param sha256 of all its lines but the last
 */
public record DumpSummary(DumpHeader header, Map<String, Long> rows, String sha256) {
  public DumpSummary {
    rows = Collections.unmodifiableMap(new LinkedHashMap<>(rows));
  }
}
