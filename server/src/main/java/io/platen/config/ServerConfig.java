package io.platen.config;

import io.platen.database.Database;
import java.net.URI;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * What a server is configured with.
 *
 * @param databaseUrl JDBC URL of the metadata database; it may hold a password
 * @param namesDatabase whether the configuration names that database; where it does not, it is the
 *     SQLite database in the data directory
 * @param node the name of this node among those of its database
 * @param region the short or long name of the region that the node is in; null where it takes
 *     machines of every region
 * @param nodeAddress where other nodes reach this one; null where that follows from where it
 *     listens
 * @param overcommit how much more than the node has machines may be given
 * @param catalogFile null for the catalog that comes with Platen
 * @param rateLimit null for none
 * @param tls null where HTTP is spoken without TLS
 * @param s3 the store that this node uses; null where it is in a directory
 * @param storeDirectory the store that this node uses; null where it is in a bucket, or in the data
 *     directory
 * @param stores all that the configuration names
 * @param notices null where nobody is told that something is wrong
 */
public record ServerConfig(
    String host,
    int port,
    DataDirectory data,
    String databaseUrl,
    boolean namesDatabase,
    String node,
    @Nullable String region,
    @Nullable URI nodeAddress,
    Overcommit overcommit,
    @Nullable Path catalogFile,
    @Nullable RateLimit rateLimit,
    @Nullable TlsFiles tls,
    @Nullable NotifySettings notices,
    UpkeepConfig upkeep,
    HttpTimes http,
    TrustedProxies trustedProxies,
    HypervisorSettings hypervisor,
    @Nullable S3Config s3,
    @Nullable DirectoryStore storeDirectory,
    StoresConfig stores) {
  public static final String DEFAULT_HOST = "127.0.0.1";
  public static final int DEFAULT_PORT = 8080;
  public static final Path DEFAULT_DATA = Path.of("data");

  /** The same with another choice of hypervisor. */
  public ServerConfig withHypervisor(HypervisorSettings.Mode mode) {
    return new ServerConfig(
        host,
        port,
        data,
        databaseUrl,
        namesDatabase,
        node,
        region,
        nodeAddress,
        overcommit,
        catalogFile,
        rateLimit,
        tls,
        notices,
        upkeep,
        http,
        trustedProxies,
        hypervisor.with(mode),
        s3,
        storeDirectory,
        stores);
  }

  /** The database as people may see it: without user and password. */
  public String shownDatabase() {
    return databaseUrl.replaceFirst("\\?.*", "").replaceFirst("//[^/]*@", "//");
  }

  /** Whether the database is the SQLite database in the data directory. */
  public boolean hasOwnDatabase() {
    return databaseUrl.equals(Database.sqliteUrl(data.database()));
  }

  /** The defaults over this data directory. */
  public static ServerConfig defaults(Path data) {
    var directory = new DataDirectory(data);
    return new ServerConfig(
        DEFAULT_HOST,
        DEFAULT_PORT,
        directory,
        Database.sqliteUrl(directory.database()),
        false,
        HostName.forNode(),
        null,
        null,
        Overcommit.DEFAULT,
        null,
        null,
        null,
        null,
        UpkeepConfig.DEFAULT,
        HttpTimes.DEFAULT,
        TrustedProxies.NONE,
        HypervisorSettings.DEFAULT,
        null,
        null,
        StoresConfig.NONE);
  }
}
