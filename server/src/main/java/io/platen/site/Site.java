package io.platen.site;

import io.platen.chunkstore.ChunkDirectory;
import io.platen.chunkstore.ChunkStore;
import io.platen.chunkstore.DocumentStore;
import io.platen.chunkstore.DumpStore;
import io.platen.chunkstore.FileChunkStore;
import io.platen.chunkstore.FileDocumentStore;
import io.platen.chunkstore.FileDumpStore;
import io.platen.chunkstore.FileIndexStore;
import io.platen.chunkstore.IndexStore;
import io.platen.chunkstore.StoredChunks;
import io.platen.config.DataDirectory;
import io.platen.config.S3Config;
import io.platen.config.ServerConfig;
import io.platen.database.Database;
import io.platen.database.Dialect;
import io.platen.s3store.S3Location;
import io.platen.s3store.S3Store;
import java.io.IOException;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.List;
import java.util.function.LongSupplier;
import org.jdbi.v3.core.Handle;
import org.jspecify.annotations.Nullable;

/**
 * A store, and all that its regions have of their templates: chunks and indexes. Every region of
 * the catalog uses the same one, in the data directory or in a bucket. This is the only place that
 * knows what a store is made of.
 */
public final class Site {
  /** Each one waits for its answer for most of its time. */
  private static final int READS_OVER_NETWORK = 16;

  private final String name;
  private final String place;
  private final StoredChunks chunks;
  private final IndexStore indexes;
  private final DocumentStore manifests;
  private final DocumentStore self;
  private final DumpStore dumps;
  private final Opening opening;
  private final @Nullable SqlLedger ledger;
  private final Following following;
  private final int reads;

  /** Tells the ledger what it does not know of the store. */
  @FunctionalInterface
  private interface Following {
    void run() throws IOException;
  }

  /** Opens the chunks for adding. */
  @FunctionalInterface
  public interface Opening {
    ChunkStore open() throws IOException;
  }

  /**
   * @param name see {@link #name}
   * @param place where all of it is, for messages
   * @param chunks to be read beside the process that adds to them
   * @param manifests those of the indexes
   * @param self where the store says what it is
   * @param reads how many chunks are best read at a time
   */
  private Site(
      String name,
      String place,
      StoredChunks chunks,
      IndexStore indexes,
      DocumentStore manifests,
      DumpStore dumps,
      DocumentStore self,
      Opening opening,
      @Nullable SqlLedger ledger,
      Following following,
      int reads) {
    this.name = name;
    this.place = place;
    this.chunks = chunks;
    this.indexes = indexes;
    this.manifests = manifests;
    this.dumps = dumps;
    this.self = self;
    this.opening = opening;
    this.ledger = ledger;
    this.following = following;
    this.reads = reads;
  }

  /**
   * The store that the configuration names. Nothing is made, opened or looked at.
   *
   * @param database what a store in a bucket is shared by; it stays the caller's
   * @throws IOException where a file that the configuration names can't be read
   */
  public static Site of(ServerConfig config, @Nullable Database database) throws IOException {
    return of(config, database, System::nanoTime);
  }

  /**
   * As {@link #of(ServerConfig, Database)}.
   *
   * @param nanoTime by which other nodes' silence is measured
   */
  public static Site of(ServerConfig config, @Nullable Database database, LongSupplier nanoTime)
      throws IOException {
    var s3 = config.s3();
    if (s3 != null) {
      return inBucket(s3, config, database, nanoTime);
    }
    var directory = config.storeDirectory();
    return directory == null
        ? inDirectory(database == null ? nodeOf(config) : database.node(), config.data())
        : inDirectory(directory.name(), directory.layout());
  }

  /**
   * The same without a database: of a store in a bucket, chunks can't be read or added then, since
   * what is noted of them is not known.
   */
  public static Site of(ServerConfig config) throws IOException {
    return of(config, null);
  }

  /** What {@link Database#node} answers of a database that is not open. */
  private static String nodeOf(ServerConfig config) {
    return Dialect.of(config.databaseUrl()) == Dialect.SQLITE ? "" : config.node();
  }

  /** The {@link #name} of the store that the configuration names. */
  public static String nameOf(ServerConfig config, Database database) {
    var s3 = config.s3();
    if (s3 != null) {
      return s3.name();
    }
    var directory = config.storeDirectory();
    return directory == null ? database.node() : directory.name();
  }

  /**
   * Tries what a store asks of a bucket.
   *
   * @param bucket one that the configuration names
   */
  public static List<S3Store.Finding> check(
      S3Config bucket, ServerConfig config, InstantSource clock) throws IOException {
    try (var store = S3Store.at(location(bucket), scratch(config.data()))) {
      return store.check(clock);
    }
  }

  private static Site inDirectory(String node, DataDirectory data) {
    var indexes = new FileIndexStore(data.indexes());
    var manifests = new FileDocumentStore(data.manifests());
    return new Site(
        node,
        data.root().toString(),
        new ChunkDirectory(data.store()),
        indexes,
        manifests,
        new FileDumpStore(data.dumps()),
        new FileDocumentStore(data.root()),
        () -> {
          var store = FileChunkStore.open(data.store());
          try {
            // No other process writes now.
            indexes.removeLeftovers();
            manifests.removeLeftovers();
            return store;
          } catch (IOException e) {
            store.close();
            throw e;
          }
        },
        null,
        () -> {},
        // While one waits for the disk, which takes base images past the cache, another decodes.
        2 * Runtime.getRuntime().availableProcessors());
  }

  /** The store in a bucket that the configuration names, whether this node uses it or not. */
  static Site inBucket(S3Config s3, ServerConfig config, @Nullable Database database)
      throws IOException {
    return inBucket(s3, config, database, System::nanoTime);
  }

  private static Site inBucket(
      S3Config s3, ServerConfig config, @Nullable Database database, LongSupplier nanoTime)
      throws IOException {
    var store = S3Store.at(location(s3), scratch(config.data()));
    String node = database == null ? config.node() : database.node();
    var ledger = new SqlLedger(database, s3.name(), node, nanoTime);
    return new Site(
        s3.name(),
        store.place(),
        store.chunks(ledger),
        store.indexes(ledger),
        store.manifests(ledger),
        store.dumps(),
        store.documents(),
        () -> store.open(ledger),
        ledger,
        () -> store.followEpochs(ledger),
        READS_OVER_NETWORK);
  }

  private static S3Location location(S3Config s3) {
    var keys = s3.keys();
    return new S3Location(
        s3.endpoint(),
        s3.bucket(),
        s3.prefix(),
        s3.region(),
        keys == null ? null : new S3Location.Credentials(keys.accessKey(), keys.secretKey()),
        s3.authority());
  }

  private static Path scratch(DataDirectory data) {
    return data.run().resolve("store");
  }

  /**
   * The store's name in the rows of the database, the same for all nodes that use it: that of the
   * configuration where it is in a bucket. A store in a data directory has its node's.
   */
  public String name() {
    return name;
  }

  /** Where the store is, for messages: a path or a URL. */
  public String place() {
    return place;
  }

  /** Its chunks, for reading alone, also while another process adds to them. */
  public StoredChunks chunks() {
    return chunks;
  }

  /** The indexes of its templates, each by the template's id. */
  public IndexStore indexes() {
    return indexes;
  }

  /** The manifests of its templates, each by the template's id. */
  public DocumentStore manifests() {
    return manifests;
  }

  /** What the store says of itself; see {@link StoreFile}. */
  DocumentStore self() {
    return self;
  }

  /** The dumps of the database that it belongs to. */
  public DumpStore dumps() {
    return dumps;
  }

  /**
   * Opens the store to add to it and to maintain it, making it where there is none. The caller
   * closes it.
   *
   * @throws io.platen.chunkstore.StoreInUse where another process has it, and it is for one
   */
  public ChunkStore open() throws IOException {
    return opening.open();
  }

  /**
   * Says that this process follows the one that used the store here before: what that left under
   * way is given up.
   */
  public void recover() throws IOException {
    if (ledger != null) {
      ledger.recover();
    }
  }

  /**
   * Has the database learn what it does not know of the store, where it is older than that or was
   * made again of it: the epochs that chunks are at.
   */
  public void followStore() throws IOException {
    following.run();
  }

  /**
   * Ends the session of an image, in the transaction in which its template becomes available: from
   * then on that names what the image needs. Where the store is one process's, nothing is to be
   * done.
   *
   * @param session its number; 0 for none
   * @throws SessionLost where the session is over already, and nothing may be published therefore
   */
  public void publish(Handle handle, long session) {
    if (ledger != null) {
      ledger.publish(handle, session);
    }
  }

  /**
   * Whether this node does what is done once for all nodes that use the store. It is one of them at
   * any time; another one takes that over when it is silent.
   *
   * @throws io.platen.chunkstore.StoreUnavailable where the database can't be asked
   */
  public boolean isKeeper() throws IOException {
    return ledger == null || ledger.keeps();
  }

  /** Whether it is in a bucket, where to list costs requests. */
  public boolean isInBucket() {
    return ledger != null;
  }

  /** How many chunks are best read at a time, by one restore. */
  public int reads() {
    return reads;
  }
}
