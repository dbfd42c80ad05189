import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.Locale;

/**
 * A collection over a bucket of many chunks and indexes: how long it takes, how many requests, and
 * how much memory. A tenth of the chunks is garbage, each of the others is in several indexes.
 *
 * <p>Arguments: the platen launcher, a working directory, the URL of a PostgreSQL, the chunks, the
 * indexes.
 */
final class Collection {
  private static final int CHUNK_BYTES = 1 << 20;

  /** What is said of each chunk's frame; nobody reads one. */
  private static final int FRAME_BYTES = 400_000;

  private static final int ITEMS = 2000;

  /** A server's regular work has begun by then. */
  private static final long SETTLED_MILLIS = 20_000;

  private final Path platen;
  private final Path work;
  private final String database;
  private final int chunks;
  private final int indexes;

  private Collection(Path platen, Path work, String database, int chunks, int indexes) {
    this.platen = platen;
    this.work = work;
    this.database = database;
    this.chunks = chunks;
    this.indexes = indexes;
  }

  public static void main(String[] args) throws Exception {
    new Collection(
            Path.of(args[0]),
            Path.of(args[1]),
            args[2],
            Integer.parseInt(args[3]),
            Integer.parseInt(args[4]))
        .run();
  }

  private void run() throws Exception {
    try (var bucket = new LargeBucket()) {
      Path config = config(bucket.endpoint());
      platen("key", "create", config);
      for (int i = 0; i < chunks; i++) {
        String id = HexFormat.of().formatHex(id(i));
        bucket.put(
            "store.castr/%s/%s.cacnk".formatted(id.substring(0, 4), id), FRAME_BYTES, Collection::frame);
      }
      addTemplates(bucket);
      bucket.requests();
      try (var server =
          PlatenServer.startOn(platen, work.resolve("data"), "", "--hypervisor=none", "--config=" + config)) {
        // What follows from the rows is written behind the work.
        while (bucket.count("manifest/") < indexes) {
          Thread.sleep(500);
        }
      }
      System.err.println("until all manifests were there: " + bucket.requests());
      System.out.println("| | seconds | of processor | most memory, MiB | chunks removed | requests |");
      System.out.println("|---|---|---|---|---|---|");
      collect("first collection", bucket, config);
      collect("with nothing to remove", bucket, config);
      bucket.requests();
      try (var server =
          PlatenServer.startOn(platen, work.resolve("data"), "", "--hypervisor=none", "--config=" + config)) {
        Thread.sleep(SETTLED_MILLIS);
      }
      System.err.println("a start of a server, and what it does at once: " + bucket.requests());
    }
  }

  private Path config(String endpoint) throws Exception {
    Path config = work.resolve("platen.yaml");
    Files.writeString(
        config,
        """
        database: %s
        upkeep: {collectHours: 0, scrubDays: 0}
        stores:
          main:
            s3: {endpoint: '%s', bucket: %s, accessKey: any, secretKey: any}
        """
            .formatted(database, endpoint, LargeBucket.NAME));
    Tool.run("chmod", "600", config);
    return config;
  }

  private String platen(String first, String second, Path config) throws Exception {
    return Tool.run(
        platen, first, second, "--data", work.resolve("data"), "--config", config);
  }

  private void collect(String what, LargeBucket bucket, Path config) throws Exception {
    int before = bucket.count("store.");
    Path memory = work.resolve("memory");
    Sample sample =
        Tool.time(
            "/usr/bin/time", "-f", "%M", "-o", memory, platen, "gc", "--data", work.resolve("data"),
            "--config", config);
    System.out.printf(
        Locale.ROOT,
        "| %s | %.1f | %.1f | %d | %d | %s |%n",
        what,
        sample.seconds(),
        sample.cpu(),
        Long.parseLong(Files.readString(memory).strip()) >> 10,
        before - bucket.count("store."),
        bucket.requests());
  }

  /** Rows as captures make them, and an index for each. */
  private void addTemplates(LargeBucket bucket) throws Exception {
    Path rows = work.resolve("rows.sql");
    try (var out = Files.newBufferedWriter(rows)) {
      out.write("BEGIN;\n");
      for (int i = 0; i < indexes; i++) {
        int number = i;
        String name = "t%022d".formatted(i);
        out.write(
            """
            INSERT INTO template (id, team_id, name, name_folded, state, agent_type, os_label, region, architecture,
              firmware, disk_bytes, index_digest, dt_created, store, index_session)
            SELECT '%1$s', id, '%1$s', '%1$s', 'available', 'LinuxHeadless', 'Linux', 'ny2', 'x86_64', 'bios',
              %2$d, '%3$s', %4$d, 'main', 1 FROM team WHERE name = 'default';
            """
                .formatted(name, (long) ITEMS * CHUNK_BYTES, digest(index(number)), 1_700_000_000_000L + i));
        bucket.put("index/%s.1.caibx".formatted(name), index(0).length, () -> index(number));
      }
      out.write("UPDATE store SET last_id = 1;\nCOMMIT;\nANALYZE;\n");
    }
    Tool.run(
        "psql", database.substring("jdbc:".length()), "--no-psqlrc", "--quiet", "-v", "ON_ERROR_STOP=1",
        "-f", rows);
  }

  private static byte[] id(int chunk) {
    return sha256(ByteBuffer.allocate(Integer.BYTES).putInt(chunk).array());
  }

  private static byte[] frame() {
    throw new IllegalStateException("a collection reads no chunk");
  }

  private static String digest(byte[] bytes) {
    return HexFormat.of().formatHex(sha256(bytes));
  }

  private static byte[] sha256(byte[] bytes) {
    try {
      return MessageDigest.getInstance("SHA-256").digest(bytes);
    } catch (java.security.NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }

  /** An index as casync has it (caibx, little-endian): headers, items, tail. */
  private byte[] index(int number) {
    int used = chunks - chunks / 10;
    var bytes = ByteBuffer.allocate(64 + ITEMS * 40 + 40).order(ByteOrder.LITTLE_ENDIAN);
    bytes.putLong(48).putLong(0x96824d9c7b129ff9L).putLong(0x9000_0000_0000_0000L);
    bytes.putLong(CHUNK_BYTES).putLong(CHUNK_BYTES).putLong(CHUNK_BYTES);
    bytes.putLong(-1).putLong(0xe75b9e112f17417dL);
    long from = (long) number * used / indexes;
    for (int i = 0; i < ITEMS; i++) {
      bytes.putLong((long) (i + 1) * CHUNK_BYTES).put(id((int) ((from + i) % used)));
    }
    bytes.putLong(0).putLong(0).putLong(48).putLong(64 - 48 + ITEMS * 40L + 40);
    bytes.putLong(0x4b4f050e5549ecd1L);
    return bytes.array();
  }
}
