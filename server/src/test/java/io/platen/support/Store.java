package io.platen.support;

import io.platen.chunkstore.ChunkId;
import io.platen.chunkstore.Index;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/** A store as its files are, counted and damaged without any of Platen's own counting. */
public final class Store {
  private final Path data;

  public Store(Path data) {
    this.data = data;
  }

  public Path index(String template) {
    return data.resolve("index").resolve(template + ".caibx");
  }

  public Path chunk(String id) {
    return data.resolve("store.castr").resolve(id.substring(0, 4)).resolve(id + ".cacnk");
  }

  /** The different chunks of a template, in the order of its disk. */
  public Set<String> chunks(String template) throws IOException {
    var ids = new LinkedHashSet<String>();
    try (var index = Index.open(index(template))) {
      for (var each = index.ids(); each.hasNext(); ) {
        ChunkId id = each.next();
        ids.add(id.hex());
      }
    }
    return ids;
  }

  public long bytes(Iterable<String> chunks) throws IOException {
    long sum = 0;
    for (var chunk : chunks) {
      sum += Files.size(chunk(chunk));
    }
    return sum;
  }

  /** Every file of the store and every index, with its size. */
  public Map<String, Long> files() throws IOException {
    var found = new TreeMap<String, Long>();
    for (var directory : new String[] {"store.castr", "index"}) {
      try (var files = Files.walk(data.resolve(directory))) {
        for (var file : files.filter(Files::isRegularFile).toList()) {
          found.put(data.relativize(file).toString(), Files.size(file));
        }
      }
    }
    return found;
  }

  /** Every chunk, index, base image and machine's disk, with its SHA-256. */
  public Map<String, String> contents() throws IOException {
    var found = new TreeMap<String, String>();
    for (var directory : new String[] {"store.castr", "index", "cache", "machines"}) {
      try (var files = Files.walk(data.resolve(directory))) {
        for (var file : files.filter(Files::isRegularFile).toList()) {
          if (!file.endsWith("lock")) {
            found.put(data.relativize(file).toString(), Disks.sha256(file));
          }
        }
      }
    }
    return found;
  }

  /** Flips one bit in the middle of a file; doing it twice undoes it. */
  public static void flip(Path file) throws IOException {
    try (var open = new RandomAccessFile(file.toFile(), "rw")) {
      long middle = open.length() / 2;
      open.seek(middle);
      int old = open.read();
      open.seek(middle);
      open.write(old ^ 1);
    }
  }
}
