package io.platen.template;

import io.platen.database.Database;
import io.platen.launch.OtherStores;
import io.platen.site.Site;
import io.platen.site.Sites;
import java.util.List;
import java.util.Optional;

/**
 * Where a template is besides this node's store: the store that it was captured into, and those
 * that have a copy. What is in another node's directory can't be read from here.
 */
public final class OtherCopies implements OtherStores {
  private final Database database;
  private final Sites sites;

  public OtherCopies(Database database, Sites sites) {
    this.database = database;
    this.sites = sites;
  }

  @Override
  public List<Source> of(String templateId) {
    return sites(templateId).stream()
        .filter(site -> site != sites.own())
        .map(OtherCopies::source)
        .toList();
  }

  /** All that this node can read, the one that it was captured into first. */
  List<Site> sites(String templateId) {
    return stores(templateId).stream().map(sites::find).flatMap(Optional::stream).toList();
  }

  /** All stores that have a template, the one that it was captured into first. */
  List<String> stores(String templateId) {
    return database.read(handle -> TemplateCopies.stores(handle, templateId));
  }

  private static Source source(Site site) {
    return new Source(site.name(), site.place(), site.indexes(), site.chunks());
  }
}
