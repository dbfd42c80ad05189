package io.platen.template;

import io.platen.api.ObjectName;
import io.platen.database.Dialect;
import io.platen.paging.Filter;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import org.jdbi.v3.core.Handle;

/**
 * Turns "the name contains this" into filters that stay fast however many templates there are.
 *
 * <p>PostgreSQL finds rare matches through its indexes, and decides by its statistics when that
 * pays. SQLite is told here: where its index of groups of three characters has few matches, only
 * those rows are looked at; where it has many, the list is walked in its own order, which meets
 * twenty of them soon.
 */
final class TemplateSearch {
  /** The characters of a group. */
  private static final int GROUP = 3;

  /** Where more groups than this begin with one or two letters, many names have them. */
  private static final int FEW_GROUPS = 200;

  /**
   * More matches than this are many: with a million templates, a walk meets one every thousand
   * rows.
   */
  private static final int FEW = 1000;

  private final Dialect dialect;

  TemplateSearch(Dialect dialect) {
    this.dialect = dialect;
  }

  List<Filter> nameContains(Handle handle, String text) {
    var filters = new ArrayList<Filter>();
    filters.add(Filter.nameContains(text));
    String folded = ObjectName.fold(text);
    int length = folded.codePointCount(0, folded.length());
    if (length == 0) {
      return filters;
    }
    if (dialect == Dialect.SQLITE) {
      var phrases = length < GROUP ? groups(handle, folded) : List.of(folded);
      if (phrases.size() <= FEW_GROUPS) {
        var matches = matches(handle, phrases);
        if (matches.size() <= FEW) {
          filters.add(Filter.oneOf("number", matches));
        }
      }
    } else if (length < GROUP) {
      filters.add(
          new Filter(
              "short_parts(o.name_folded) @> ARRAY[CAST(:short_part AS TEXT)]",
              "short_part",
              folded));
    }
    return filters;
  }

  /**
   * The groups that begin with these letters. Each step looks for the next one behind the last:
   * going through the index from one to the next would visit every name.
   */
  private static List<String> groups(Handle handle, String letters) {
    return handle
        .createQuery(
            """
            WITH RECURSIVE found (term) AS (
              SELECT (SELECT term FROM template_search_group
                WHERE term >= :letters AND term < :letters || char(1114111) ORDER BY term LIMIT 1)
              UNION ALL
              SELECT (SELECT term FROM template_search_group
                WHERE term >= found.term || char(1) AND term < :letters || char(1114111) ORDER BY term LIMIT 1)
              FROM found WHERE found.term IS NOT NULL)
            SELECT term FROM found WHERE term IS NOT NULL LIMIT :limit
            """)
        .bind("letters", letters)
        .bind("limit", FEW_GROUPS + 1)
        .mapTo(String.class)
        .list();
  }

  private static List<Long> matches(Handle handle, List<String> phrases) {
    if (phrases.isEmpty()) {
      return List.of();
    }
    return handle
        .createQuery(
            "SELECT rowid FROM template_search WHERE template_search MATCH :phrases LIMIT :limit")
        .bind(
            "phrases",
            phrases.stream()
                .map(phrase -> "\"" + phrase.replace("\"", "\"\"") + "\"")
                .collect(Collectors.joining(" OR ")))
        .bind("limit", FEW + 1)
        .mapTo(Long.class)
        .list();
  }
}
