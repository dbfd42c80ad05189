package io.platen.chunkstore;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Chunks that are made durable together. Its life: open (chunks join and are written to temporary
 * files), sealed, files durable, moved to their final names, names durable = settled; or failed.
 * All fields are guarded by the lock of the {@link WriteBehind} it belongs to; once it is sealed
 * and nothing is being written, the entries belong to the flushing thread.
 */
final class Batch {
  /** A chunk of the batch; without a temporary file when it has its final name already. */
  record Entry(ChunkId id, @Nullable Path temp, Path file) {}

  final List<Entry> entries = new ArrayList<>();

  /** How many entries, from the first on, have their final name. */
  int named;

  /** Directories whose contents change with this batch. */
  final Set<Path> directories = new LinkedHashSet<>();

  /** How many temporary files are being written. */
  int writing;

  /** Bytes in temporary files. */
  long bytes;

  /** A chunk of the batch that could not be written: what depends on the batch must fail. */
  @Nullable IOException spoiled;

  boolean settled;
  @Nullable IOException failure;

  boolean isOver() {
    return settled || failure != null;
  }
}
