package io.platen.backup;

import io.platen.chunkstore.Cancellation;
import io.platen.chunkstore.ChunkCorrupt;
import io.platen.chunkstore.ChunkIdSet;
import io.platen.chunkstore.ChunkMissing;
import io.platen.chunkstore.ChunkUnreadable;
import io.platen.chunkstore.ImageCopied;
import io.platen.chunkstore.ImageCopy;
import io.platen.chunkstore.Index;
import io.platen.chunkstore.IndexCorrupt;
import io.platen.chunkstore.IndexMissing;
import io.platen.chunkstore.ProgressListener;
import io.platen.chunkstore.StoreSession;
import io.platen.chunkstore.Workspaces;
import io.platen.site.Site;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The images of a store, on their way into another one. */
final class MovedImages {
  /**
   * An image that is needed.
   *
   * @param name its template's, for people
   * @param digest of its index
   * @param bytes the size of the disk
   * @param isDamaged whether the database says that chunks of it, or its index, are lost
   */
  record Image(String id, String name, String digest, long bytes, boolean isDamaged) {}

  private final Site from;
  private final Site to;
  private final List<Image> images;

  /** Which session of the other store made each index, by the template's id. */
  private final Map<String, Long> sessions = new HashMap<>();

  MovedImages(Site from, Site to, List<Image> images) {
    this.from = from;
    this.to = to;
    this.images = List.copyOf(images);
  }

  /**
   * Which session of the other store made each index that is there; none where it has no numbers.
   */
  Map<String, Long> sessions() {
    return Collections.unmodifiableMap(sessions);
  }

  /** What was copied. */
  record Copied(int images, long chunks, long bytes, List<String> damaged) {}

  /**
   * Copies what the other store lacks.
   *
   * @param anew whether to look for each chunk, also of images that have an index there already
   * @throws IOException where an image that should be whole is not, or a store can't be used
   */
  Copied copy(boolean anew, Migration.Listener listener) throws IOException {
    long total = images.stream().mapToLong(Image::bytes).sum();
    int threads = Math.max(from.reads(), to.reads());
    long done = 0;
    long chunks = 0;
    long bytes = 0;
    var damaged = new ArrayList<String>();
    to.recover();
    var workspaces = new Workspaces(threads + 1);
    try (var store = to.open();
        // One for all of them: what images share is looked for once.
        var session = store.openSession()) {
      var copy = new ImageCopy(from.chunks(), workspaces, threads);
      for (var image : images) {
        long before = done;
        var copied =
            copy(
                copy,
                image,
                anew,
                session,
                (now, size) -> listener.advanced("copying", before + now, total));
        if (image.isDamaged()) {
          damaged.add(image.id());
        }
        chunks += copied.map(ImageCopied::chunks).orElse(0L);
        bytes += copied.map(ImageCopied::bytes).orElse(0L);
        done += image.bytes();
      }
    } finally {
      workspaces.close();
    }
    return new Copied(images.size(), chunks, bytes, List.copyOf(damaged));
  }

  /** Copies an image with its manifest; empty where there is nothing to copy. */
  private Optional<ImageCopied> copy(
      ImageCopy copy, Image image, boolean anew, StoreSession session, ProgressListener progress)
      throws IOException {
    try (var index = from.indexes().open(image.id())) {
      if (!index.digest(new Cancellation()).equals(image.digest())) {
        throw changed(image, index.place());
      }
      Optional<ImageCopied> copied =
          !anew && !image.isDamaged() && isPublished(image)
              ? Optional.empty()
              : Optional.of(
                  copy.copy(
                      index,
                      session,
                      to.indexes(),
                      image.id(),
                      image.isDamaged() ? ImageCopy.IfLost.GO_ON : ImageCopy.IfLost.FAIL,
                      progress,
                      new Cancellation()));
      long number =
          copied.isPresent() ? session.number() : to.indexes().session(image.id()).orElse(0);
      if (number != 0) {
        sessions.put(image.id(), number);
      }
      var manifest = from.manifests().read(image.id());
      if (manifest.isPresent()) {
        to.manifests().publish(image.id(), number, manifest.get());
      }
      return copied;
    } catch (IndexMissing | IndexCorrupt e) {
      if (image.isDamaged()) {
        return Optional.empty();
      }
      throw damaged(image, e);
    } catch (ChunkMissing | ChunkCorrupt | ChunkUnreadable e) {
      throw damaged(image, e);
    }
  }

  /** Whether the other store has its index, which an earlier run published after its chunks. */
  private boolean isPublished(Image image) throws IOException {
    try (var index = to.indexes().open(image.id())) {
      return index.digest(new Cancellation()).equals(image.digest());
    } catch (IndexMissing | IndexCorrupt e) {
      return false;
    }
  }

  private static IOException changed(Image image, String place) {
    return new IOException(
        "%s is not the index that the database has of %s (%s)"
            .formatted(place, image.id(), image.name()));
  }

  private static IOException damaged(Image image, IOException e) {
    return new IOException(
        "the template %s (%s) is damaged: %s. \"platen verify --repair\" marks it as damaged, and what is left of it is moved then; or purge it"
            .formatted(image.id(), image.name(), e.getMessage()),
        e);
  }

  /**
   * How many chunks the other store lacks of images that are not damaged. Each index is compared
   * with what the database has of it.
   *
   * @throws IOException where an index is missing or another one, or the store can't be read
   */
  long missing(Migration.Listener listener) throws IOException {
    long missing = 0;
    int from = 0;
    while (from < ChunkIdSet.PREFIXES) {
      var named = new ChunkIdSet(from, ChunkIdSet.PREFIXES);
      for (var image : images) {
        if (!image.isDamaged()) {
          addNamed(image, named, from == 0);
        }
      }
      missing += missing(named);
      from = named.end();
      listener.advanced("verifying", from, ChunkIdSet.PREFIXES);
    }
    return missing;
  }

  private void addNamed(Image image, ChunkIdSet named, boolean first) throws IOException {
    try (Index index = to.indexes().open(image.id())) {
      if (first && !index.digest(new Cancellation()).equals(image.digest())) {
        throw changed(image, index.place());
      }
      for (var ids = index.ids(); ids.hasNext(); ) {
        var id = ids.next();
        if (!named.contains(id)) {
          named.put(id, 1);
        }
      }
    }
  }

  private long missing(ChunkIdSet named) throws IOException {
    to.chunks().sizes(named, (id, bytes) -> named.put(id, 2));
    var missing = new long[1];
    named.forEach((id, seen) -> missing[0] += seen == 1 ? 1 : 0);
    return missing[0];
  }
}
