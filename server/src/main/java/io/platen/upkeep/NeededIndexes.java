package io.platen.upkeep;

import io.platen.chunkstore.IndexRoot;
import io.platen.chunkstore.IndexRoots;
import io.platen.config.DataDirectory;
import io.platen.database.Database;
import io.platen.template.NeededTemplate;
import io.platen.template.TemplateRepository;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * The indexes that are needed, as the database has it at one moment: those of templates that are
 * not deleted, OS templates among them, and of deleted ones that machines' disks stand on. Of a
 * capture under way the index is needed as soon as it is published, which is before the database
 * says that the template is complete.
 */
public final class NeededIndexes implements IndexRoots {
  private static final String SUFFIX = ".caibx";

  private final DataDirectory data;
  private final Database database;
  private final TemplateRepository templates;

  public NeededIndexes(DataDirectory data, Database database, TemplateRepository templates) {
    this.data = data;
    this.database = database;
    this.templates = templates;
  }

  /** All templates whose index is needed; those of captures that have none yet among them. */
  List<NeededTemplate> templates() {
    return database.read(templates::needed);
  }

  @Override
  public List<IndexRoot> list() {
    var roots = new ArrayList<IndexRoot>();
    for (var template : templates()) {
      if (isPublished(template)) {
        roots.add(root(template));
      }
    }
    return roots;
  }

  /** Whether the template's index must be there, or is. */
  boolean isPublished(NeededTemplate template) {
    return !template.capturing() || Files.exists(data.index(template.id()));
  }

  IndexRoot root(NeededTemplate template) {
    return new IndexRoot(data.index(template.id()), template.indexDigest());
  }

  /** Whose index a file is. */
  static String templateId(Path index) {
    String name = String.valueOf(index.getFileName());
    return name.substring(0, name.length() - SUFFIX.length());
  }

  @Override
  public boolean isNeeded(Path file) {
    return database.read(handle -> templates.isNeeded(handle, templateId(file)));
  }
}
