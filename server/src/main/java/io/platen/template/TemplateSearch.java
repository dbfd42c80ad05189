package io.platen.template;

import io.platen.api.ObjectName;
import io.platen.database.Dialect;
import io.platen.paging.Filter;
import java.util.ArrayList;
import java.util.List;
import org.jdbi.v3.core.Handle;

/**
 * Turns "the name contains this" into filters that stay fast however many templates there are.
 *
 * <p>PostgreSQL finds rare matches through its trigram index, and decides by its statistics when
 * that pays. SQLite is told here: where its trigram index has few matches, only those rows are
 * looked at; where it has many, the list is walked in its own order, which meets twenty of them
 * soon.
 */
final class TemplateSearch {
  /** Below three characters there is no trigram to look for. */
  private static final int TRIGRAM = 3;

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
    if (dialect == Dialect.SQLITE && text.codePointCount(0, text.length()) >= TRIGRAM) {
      var matches = matches(handle, ObjectName.fold(text));
      if (matches.size() <= FEW) {
        filters.add(Filter.oneOf("number", matches));
      }
    }
    return filters;
  }

  private static List<Long> matches(Handle handle, String folded) {
    return handle
        .createQuery(
            "SELECT rowid FROM template_search WHERE template_search MATCH :phrase LIMIT :limit")
        .bind("phrase", "\"" + folded.replace("\"", "\"\"") + "\"")
        .bind("limit", FEW + 1)
        .mapTo(Long.class)
        .list();
  }
}
