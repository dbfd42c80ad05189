package io.platen.template;

import io.platen.database.Dialect;
import io.platen.database.Queries;
import io.platen.model.ObjectName;
import io.platen.paging.Filter;
import java.util.ArrayList;
import java.util.List;

/**
 * Turns "the name contains this" into filters that stay fast however many templates there are.
 *
 * <p>PostgreSQL finds rare matches through its indexes, and decides by its statistics when that
 * pays. SQLite needs a hint here: where its index of groups of three characters has few matches,
 * only those rows are looked at; where it has many, the list is walked in its own order, which
 * meets twenty of them soon.
 */
final class TemplateSearch {
  /** The characters of a group. */
  private static final int GROUP = 3;

  /**
   * More matches than this are many: with a million templates, a walk meets one every thousand
   * rows.
   */
  private static final int FEW = 1000;

  private final Dialect dialect;

  TemplateSearch(Dialect dialect) {
    this.dialect = dialect;
  }

  List<Filter> nameContains(Queries queries, String text) {
    var filters = new ArrayList<Filter>();
    filters.add(Filter.nameContains(text));
    String folded = ObjectName.fold(text);
    int length = folded.codePointCount(0, folded.length());
    if (length == 0) {
      return filters;
    }
    if (dialect == Dialect.SQLITE) {
      var matches = length < GROUP ? matchesOfLetters(queries, folded) : matches(queries, folded);
      if (matches.size() <= FEW) {
        filters.add(Filter.oneOf("number", matches));
      }
    } else if (length < GROUP) {
      filters.add(new Filter("short_parts(o.name_folded) @> ARRAY[CAST(? AS TEXT)]", folded));
    }
    return filters;
  }

  /** Names with a group that begins with these one or two letters. */
  private static List<Long> matchesOfLetters(Queries queries, String letters) {
    // The index has these two as the replacement character.
    String indexed = letters.replace('\uFFFE', '\uFFFD').replace('\uFFFF', '\uFFFD');
    return queries.list(
        """
        SELECT DISTINCT doc FROM template_search_group
        WHERE term >= ? AND term <= ? || char(1114111, 1114111) LIMIT ?
        """,
        List.of(indexed, indexed, FEW + 1),
        row -> row.number("doc"));
  }

  private static List<Long> matches(Queries queries, String part) {
    return queries.list(
        "SELECT rowid FROM template_search WHERE template_search MATCH ? LIMIT ?",
        List.of("\"" + part.replace("\"", "\"\"") + "\"", FEW + 1),
        row -> row.number("rowid"));
  }
}
