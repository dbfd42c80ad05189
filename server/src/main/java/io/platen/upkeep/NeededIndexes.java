package io.platen.upkeep;

import io.platen.chunkstore.Index;
import io.platen.chunkstore.IndexRoot;
import io.platen.chunkstore.IndexRoots;
import io.platen.chunkstore.IndexStore;
import io.platen.database.Database;
import io.platen.template.NeededTemplate;
import io.platen.template.TemplateRepository;
import java.io.IOException;
import java.util.List;
import java.util.function.Function;

/**
 * The indexes that are needed: those of templates that are not purged, OS templates among them, and
 * of purged ones that machines' disks stand on. Of a capture under way the index is needed as soon
 * as it is published, which is before the database says that the template is complete.
 *
 * <p>They are read a page at a time. That is as good as one transaction: what is needed no more
 * stays so, since only templates that are not deleted are launched and none that is purged is
 * undeleted, and what is needed anew is a capture that ended meanwhile, for which {@link
 * IndexRoots#list} has room.
 */
public final class NeededIndexes implements IndexRoots {
  private static final int PAGE = 1000;

  private final IndexStore indexes;
  private final Database database;
  private final TemplateRepository templates;
  private final String store;

  /**
   * The indexes of a store.
   *
   * @param store the store that the indexes are in, as rows of templates name it
   */
  public NeededIndexes(
      IndexStore indexes, Database database, TemplateRepository templates, String store) {
    this.store = store;
    this.indexes = indexes;
    this.database = database;
    this.templates = templates;
  }

  /** The store that they are in, as rows of templates name it. */
  String store() {
    return store;
  }

  /** Hears of a template whose index is needed, and is there. */
  interface TemplateVisitor {
    void visit(NeededTemplate template, IndexRoot index) throws IOException;
  }

  /**
   * Templates whose index is needed, in the order of their ids; those of captures that have none
   * yet among them.
   *
   * @param after only those whose ids are greater
   * @param limit at most so many
   */
  List<NeededTemplate> templates(String after, int limit) {
    return database.read(handle -> templates.needed(handle, store, after, limit));
  }

  /** Those of these templates whose index is needed. */
  List<NeededTemplate> templates(List<String> ids) {
    return database.read(handle -> templates.needed(handle, store, ids));
  }

  @Override
  public void list(Visitor visitor) throws IOException {
    listTemplates((template, index) -> visitor.visit(index));
  }

  /** As {@link #list}, with the templates. */
  void listTemplates(TemplateVisitor visitor) throws IOException {
    visitPages(visitor, after -> templates(after, PAGE));
  }

  /**
   * As {@link #listTemplates}, those of one team.
   *
   * @param team its id; empty for OS templates
   */
  void listTemplates(String team, TemplateVisitor visitor) throws IOException {
    visitPages(
        visitor,
        after -> database.read(handle -> templates.needed(handle, store, team, after, PAGE)));
  }

  private void visitPages(TemplateVisitor visitor, Function<String, List<NeededTemplate>> pageAfter)
      throws IOException {
    String after = "";
    List<NeededTemplate> page;
    do {
      page = pageAfter.apply(after);
      for (var template : page) {
        if (isPublished(template)) {
          visitor.visit(template, root(template));
        }
        after = template.id();
      }
    } while (page.size() == PAGE);
  }

  /** Whether the template's index must be there, or is. */
  boolean isPublished(NeededTemplate template) throws IOException {
    return !template.capturing() || indexes.has(template.id());
  }

  IndexRoot root(NeededTemplate template) {
    return new IndexRoot(template.id(), template.indexDigest());
  }

  @Override
  public Index open(String name) throws IOException {
    return indexes.open(name);
  }

  @Override
  public boolean isNeeded(String name) {
    return database.read(handle -> templates.isNeeded(handle, name));
  }
}
