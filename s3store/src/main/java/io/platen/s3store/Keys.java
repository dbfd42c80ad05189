package io.platen.s3store;

import io.platen.chunkstore.ChunkId;
import java.util.HexFormat;
import java.util.OptionalInt;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The keys of a store, below its prefix, laid out as the directory store is: {@code
 * store.castr/abcd/abcd….cacnk} and {@code index/NAME.caibx}, so that casync and desync read it.
 * Chunks of epoch n are in {@code store.n.castr/}, an extra store to them.
 */
final class Keys {
  static final String INDEXES = "index/";
  static final String MANIFESTS = "manifest/";

  /** What the keys of all chunks begin with. */
  static final String CHUNKS = "store.";

  static final String INDEX_SUFFIX = ".caibx";
  static final String MANIFEST_SUFFIX = ".json";

  private static final Pattern ATTEMPT = Pattern.compile("(.+)\\.([1-9][0-9]{0,17})");
  private static final int PREFIX_DIGITS = 4;
  private static final Pattern STORE = Pattern.compile("store\\.(?:([1-9][0-9]{0,8})\\.)?castr/");
  private static final Pattern CHUNK =
      Pattern.compile(
          "store\\.(?:([1-9][0-9]{0,8})\\.)?castr/([0-9a-f]{4})/([0-9a-f]{64})\\.cacnk");

  private Keys() {}

  /** What the keys of chunks of an epoch begin with. */
  static String store(int epoch) {
    return epoch == 0 ? "store.castr/" : "store." + epoch + ".castr/";
  }

  static String chunk(ChunkId id, int epoch) {
    String hex = id.hex();
    return store(epoch) + hex.substring(0, PREFIX_DIGITS) + "/" + hex + ".cacnk";
  }

  /** Below or equal to the keys of all chunks that have this prefix, of 16 bits. */
  static String from(int prefix, int epoch) {
    return store(epoch) + HexFormat.of().toHexDigits((short) prefix);
  }

  /** The epoch whose store has this name, with its slash; empty for other names. */
  static OptionalInt epoch(String store) {
    Matcher matcher = STORE.matcher(store);
    return matcher.matches() ? OptionalInt.of(number(matcher.group(1))) : OptionalInt.empty();
  }

  private static int number(@Nullable String digits) {
    return digits == null ? 0 : Integer.parseInt(digits);
  }

  /** A chunk by its key. */
  record Chunk(ChunkId id, int epoch) {}

  /** The chunk of a key; null where it is none's. */
  static @Nullable Chunk chunk(String key) {
    Matcher matcher = CHUNK.matcher(key);
    if (!matcher.matches() || !matcher.group(3).startsWith(matcher.group(2))) {
      return null;
    }
    return new Chunk(ChunkId.ofHex(matcher.group(3)), number(matcher.group(1)));
  }

  /**
   * The key of what a session made.
   *
   * @param folder and suffix: that of indexes, or of manifests
   */
  static String attempt(String folder, String name, long session, String suffix) {
    return folder + name + "." + session + suffix;
  }

  /** The attempt of a key; null where it is none's. */
  static Ledger.@Nullable Attempt attempt(String folder, String key, String suffix) {
    if (!key.startsWith(folder) || !key.endsWith(suffix)) {
      return null;
    }
    Matcher matcher =
        ATTEMPT.matcher(key.substring(folder.length(), key.length() - suffix.length()));
    return matcher.matches()
        ? new Ledger.Attempt(matcher.group(1), Long.parseLong(matcher.group(2)))
        : null;
  }
}
