package io.platen.site;

import io.platen.config.ServerConfig;
import io.platen.database.Database;
import java.io.IOException;
import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * The stores that this node can read: its own, and those in buckets that the configuration names
 * for other regions.
 */
public final class Sites {
  private final ServerConfig config;
  private final Site own;
  private final Map<String, Site> all = new LinkedHashMap<>();

  /**
   * @param own the store that this node uses
   * @throws IOException where a file that the configuration names can't be read
   */
  public Sites(ServerConfig config, Database database, Site own) throws IOException {
    this.config = config;
    this.own = own;
    all.put(own.name(), own);
    for (var bucket : config.stores().buckets().values()) {
      if (!all.containsKey(bucket.name())) {
        all.put(bucket.name(), Site.inBucket(bucket, config, database));
      }
    }
  }

  /** The store that this node uses. */
  public Site own() {
    return own;
  }

  /**
   * The name of the store that a region uses; empty where the configuration names none for it.
   *
   * @param region its short name
   */
  public Optional<String> of(String region) {
    return config.stores().isEmpty() ? Optional.of(own.name()) : config.stores().of(region);
  }

  /** The names of the stores in buckets, which every node can read. */
  public Set<String> buckets() {
    return config.stores().buckets().keySet();
  }

  /** A store by its name; empty where this node can't read it. */
  public Optional<Site> find(String name) {
    return Optional.ofNullable(all.get(name));
  }

  /** Those that this node does not use. */
  public Collection<Site> others() {
    return all.values().stream().filter(site -> site != own).toList();
  }

  /** All of them, this node's own first. */
  public Collection<Site> all() {
    return Collections.unmodifiableCollection(all.values());
  }
}
