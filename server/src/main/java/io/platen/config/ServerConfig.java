package io.platen.config;

import io.platen.database.Database;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * What a server is told.
 *
 * @param databaseUrl JDBC URL of the metadata database
 * @param catalogFile null for the catalog that comes with Platen
 * @param rateLimit null for none
 */
public record ServerConfig(
    String host,
    int port,
    DataDirectory data,
    String databaseUrl,
    @Nullable Path catalogFile,
    @Nullable RateLimit rateLimit,
    UpkeepConfig upkeep,
    HttpTimes http,
    HypervisorSettings hypervisor) {
  public static final String DEFAULT_HOST = "127.0.0.1";
  public static final int DEFAULT_PORT = 8080;
  public static final Path DEFAULT_DATA = Path.of("data");

  /** The same with another choice of hypervisor. */
  public ServerConfig withHypervisor(HypervisorSettings.Mode mode) {
    return new ServerConfig(
        host, port, data, databaseUrl, catalogFile, rateLimit, upkeep, http, hypervisor.with(mode));
  }

  /** The defaults over this data directory. */
  public static ServerConfig defaults(Path data) {
    var directory = new DataDirectory(data);
    return new ServerConfig(
        DEFAULT_HOST,
        DEFAULT_PORT,
        directory,
        Database.sqliteUrl(directory.database()),
        null,
        null,
        UpkeepConfig.DEFAULT,
        HttpTimes.DEFAULT,
        HypervisorSettings.DEFAULT);
  }
}
