package io.platen.database;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import java.io.IOException;
import java.nio.file.Path;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.SQLTransientException;
import java.time.Duration;
import java.util.Arrays;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Properties;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Function;
import javax.sql.DataSource;
import org.flywaydb.core.Flyway;
import org.flywaydb.core.api.MigrationInfo;
import org.flywaydb.core.api.MigrationState;
import org.flywaydb.core.api.configuration.FluentConfiguration;
import org.jdbi.v3.core.ConnectionException;
import org.jdbi.v3.core.HandleCallback;
import org.jdbi.v3.core.HandleConsumer;
import org.jdbi.v3.core.Jdbi;
import org.jdbi.v3.core.JdbiException;
import org.jdbi.v3.core.statement.SqlLogger;
import org.jdbi.v3.core.statement.StatementContext;
import org.jdbi.v3.core.transaction.TransactionIsolationLevel;
import org.jspecify.annotations.Nullable;
import org.sqlite.SQLiteErrorCode;
import org.sqlite.SQLiteException;

/**
 * The metadata database: SQLite in the data directory, or PostgreSQL. The SQL is the same for both;
 * the URL decides.
 *
 * <p>A method that throws {@link org.jdbi.v3.core.JdbiException} has changed nothing: every change
 * is made inside one transaction.
 */
public final class Database implements AutoCloseable {
  /**
   * How long a change waits for its turn to write, then for another process' write lock, and how
   * long anything waits for a connection of the pool. A caller that waited longer learns that the
   * database is not available, so that requests do not pile up behind it.
   */
  private static final int WAIT_MILLIS = 5_000;

  /**
   * After this PostgreSQL ends a transaction in which nothing is asked: a process that was stopped,
   * or whose host is cut off, would keep the rows that it has locked from everybody else, for
   * hours.
   */
  private static final int STOPPED_MILLIS = 30_000;

  /** After this a PostgreSQL server that has gone silent counts as gone. */
  private static final int SILENCE_SECONDS = 60;

  /**
   * SQLITE_OPEN_READWRITE without SQLITE_OPEN_CREATE, since where the file has vanished while the
   * server runs, a new and empty one would take its place; and SQLITE_OPEN_NOMUTEX, since one
   * thread at a time has a connection, and SQLite would take its lock for every column it reads.
   */
  static final String OPEN_EXISTING = Integer.toString(0x2 | 0x8000);

  static final int CONNECTIONS = 8;

  /**
   * Of a node at rest, on PostgreSQL: a connection is a process there, and a thousand nodes would
   * keep eight thousand of them for nothing.
   */
  private static final int CONNECTIONS_AT_REST = 2;

  private static final Duration REST = Duration.ofMinutes(1);

  private final String url;
  private final HikariDataSource dataSource;
  private final Jdbi jdbi;
  private final QueryPool queries;
  private final LongAdder statements = new LongAdder();
  private final Dialect dialect;
  private final String node;

  /**
   * SQLite admits one writer. Waiting here, in order of arrival, spares the writers SQLite's own
   * wait, which polls and is unfair.
   */
  private final ReentrantLock writers = new ReentrantLock(true);

  /** Null where the database is no file of this host's. */
  private final @Nullable DatabaseFile file;

  /** Null where commits can't be counted without asking a server. */
  private final @Nullable CommitCounter commits;

  private Database(String url, HikariDataSource dataSource, Dialect dialect, String node) {
    this.url = url;
    this.dataSource = dataSource;
    this.node = dialect == Dialect.SQLITE ? "" : node;
    this.dialect = dialect;
    this.file = dialect == Dialect.SQLITE ? DatabaseFile.of(url) : null;
    this.commits = file == null ? null : new CommitCounter(url);
    this.queries = new QueryPool(dataSource, statements::increment);
    this.jdbi = Jdbi.create(dataSource);
    jdbi.setSqlLogger(
        new SqlLogger() {
          @Override
          public void logAfterExecution(StatementContext context) {
            statements.increment();
          }

          @Override
          public void logException(StatementContext context, SQLException failure) {
            statements.increment();
          }
        });
  }

  /** The URL of the SQLite database in this file. */
  public static String sqliteUrl(Path file) {
    return "jdbc:sqlite:" + file.toAbsolutePath();
  }

  /**
   * Looks, before a database is opened or made, whether all files of an SQLite database are of one
   * database.
   *
   * @throws IOException where they are not; the message names them and the remedy
   */
  public static void check(String url) throws IOException {
    if (Dialect.of(url) == Dialect.SQLITE) {
      DatabaseFile.check(url);
    }
  }

  /** As {@link #open(String, String)}, for no node in particular. */
  public static Database open(String url) {
    return open(url, "");
  }

  /**
   * Connects, and brings the schema up to date. An SQLite database is made where there is none.
   *
   * @param node see {@link #node}
   */
  public static Database open(String url, String node) {
    if (Dialect.of(url) == Dialect.SQLITE) {
      createFile(url);
    }
    var database = openAsIs(url, node);
    try {
      database.migrate(database.flyway());
    } catch (RuntimeException e) {
      database.close();
      throw e;
    }
    return database;
  }

  /** As {@link #openAsIs(String, String)}, for no node in particular. */
  public static Database openAsIs(String url) {
    return openAsIs(url, "");
  }

  /**
   * Connects to a database that is there, and leaves its schema as it is, to look into it.
   *
   * @param node see {@link #node}
   */
  public static Database openAsIs(String url, String node) {
    var dialect = Dialect.of(url);
    var config = new HikariConfig();
    config.setPoolName("platen");
    config.setJdbcUrl(url);
    config.setMaximumPoolSize(CONNECTIONS);
    config.setConnectionTimeout(WAIT_MILLIS);
    if (dialect == Dialect.POSTGRESQL) {
      config.setMinimumIdle(CONNECTIONS_AT_REST);
      config.setIdleTimeout(REST.toMillis());
      config.addDataSourceProperty("connectTimeout", Integer.toString(WAIT_MILLIS / 1000));
      config.addDataSourceProperty("socketTimeout", Integer.toString(SILENCE_SECONDS));
      config.addDataSourceProperty("tcpKeepAlive", "true");
      config.addDataSourceProperty(
          "options",
          "-c lock_timeout=%d -c idle_in_transaction_session_timeout=%d"
              .formatted(WAIT_MILLIS, STOPPED_MILLIS));
      // For those who look at pg_stat_activity.
      config.addDataSourceProperty("ApplicationName", "platen " + node);
    } else {
      config.addDataSourceProperty("open_mode", OPEN_EXISTING);
      config.addDataSourceProperty("journal_mode", "WAL");
      config.addDataSourceProperty("synchronous", "FULL");
      config.addDataSourceProperty("foreign_keys", "true");
      config.addDataSourceProperty("busy_timeout", Integer.toString(WAIT_MILLIS));
      // A transaction takes the write lock when it begins: one that began as a reader can't be
      // upgraded while another writer is ahead of it, and would fail at once instead of waiting.
      config.addDataSourceProperty("transaction_mode", "IMMEDIATE");
    }
    return new Database(url, new HikariDataSource(config), dialect, node);
  }

  /**
   * As {@link #open(String, String)}, for a node that works beside others.
   *
   * @throws IOException where this version is too old or too new for that; the message says what to
   *     do
   */
  public static Database join(String url, String node) throws IOException {
    if (Dialect.of(url) == Dialect.POSTGRESQL) {
      try (var database = openAsIs(url, node)) {
        SchemaAge.check(database);
      }
    }
    var database = open(url, node);
    try {
      SchemaAge.remember(database);
    } catch (RuntimeException e) {
      database.close();
      throw e;
    }
    return database;
  }

  /** The newest change of the schema that this version knows. */
  public int knownSchema() {
    return Arrays.stream(schema().info().all())
        .filter(change -> change.getState() != MigrationState.FUTURE_SUCCESS)
        .map(MigrationInfo::getVersion)
        .filter(Objects::nonNull)
        .mapToInt(version -> version.getMajor().intValue())
        .max()
        .orElse(0);
  }

  /** The newest change of the schema that the database has; 0 where it is empty. */
  int appliedSchema() {
    var current = schema().info().current();
    return current == null ? 0 : current.getVersion().getMajor().intValue();
  }

  /**
   * As {@link #open}, with the schema that some version of Platen had: for rows of that time, which
   * {@link #migrate} brings up to date. A schema that is newer already stays as it is.
   */
  public static Database openAt(String url, String node, String schemaVersion) {
    if (Dialect.of(url) == Dialect.SQLITE) {
      createFile(url);
    }
    var database = openAsIs(url, node);
    try {
      // One of the two kinds of databases may have been spared a version.
      database.migrate(database.flyway().target(schemaVersion + "?"));
    } catch (RuntimeException e) {
      database.close();
      throw e;
    }
    return database;
  }

  /** Brings the schema up to date. */
  public void migrate() {
    migrate(flyway());
  }

  /** The version that the schema has; empty where there is none yet. */
  public Optional<String> schemaVersion() {
    return Optional.ofNullable(schema().info().current())
        .map(current -> current.getVersion().getVersion());
  }

  /** Whether this version of Platen knows a version of the schema. */
  public static boolean knowsSchema(String version) {
    // Flyway asks a database for what it lacks: an empty one lacks them all.
    try (var empty = openAsIs("jdbc:sqlite::memory:")) {
      return Arrays.stream(empty.schema().info().pending())
          .anyMatch(migration -> migration.getVersion().getVersion().equals(version));
    }
  }

  /** Whether the schema is newer than this version of it. */
  public boolean isSchemaAfter(String version) {
    var current = schema().info().current();
    return current != null && current.getVersion().isNewerThan(version);
  }

  /** Whether the schema is the one that this version works with, or a newer one. */
  public boolean isUpToDate() {
    return schema().info().pending().length == 0;
  }

  private static void createFile(String url) {
    DatabaseFile.create(url);
    try (var connection = DriverManager.getConnection(url);
        var statement = connection.createStatement()) {
      // Now it is known whether it is a database at all.
      statement.execute("PRAGMA user_version");
    } catch (SQLException e) {
      throw new ConnectionException(e);
    }
  }

  private void migrate(FluentConfiguration flyway) {
    if (dialect == Dialect.POSTGRESQL) {
      SchemaChange.beside(flyway, url);
    } else {
      flyway.load().migrate();
    }
  }

  private Flyway schema() {
    return flyway().load();
  }

  /**
   * Of several schemas of one database the first one has the extension, and the others have to look
   * there for what it brings.
   */
  private static final String FIND_EXTENSION =
      """
      SELECT set_config('search_path', current_setting('search_path') || COALESCE((
        SELECT ', ' || quote_ident(n.nspname) FROM pg_extension e
        JOIN pg_namespace n ON n.oid = e.extnamespace WHERE e.extname = 'pg_trgm'), ''), false)
      """;

  private FluentConfiguration flyway() {
    return Flyway.configure()
        .initSql(dialect == Dialect.POSTGRESQL ? FIND_EXTENSION : null)
        .dataSource(dataSource)
        .locations("classpath:db/migration", "classpath:db/" + dialect.label())
        .placeholders(
            Map.of(
                "c", dialect.byteOrder(),
                "serial", dialect.serialType(),
                "instant", dialect.instantType(),
                "bytes", dialect.bytesType(),
                "node", dialect.firstNode()));
  }

  /**
   * The name of the node that works on the database here; empty on SQLite, which has one node, and
   * in its rows.
   */
  public String node() {
    return node;
  }

  public Dialect dialect() {
    return dialect;
  }

  /** Statements run so far, without those of db-scheduler. */
  public long statements() {
    return statements.sum();
  }

  /**
   * A number that changes with every commit, whichever process makes it: what was read after this
   * number was, holds as long as it stays the same. Never waits. Empty where it can't be told,
   * which it never can on PostgreSQL.
   */
  public OptionalLong commits() {
    return commits == null ? OptionalLong.empty() : commits.count();
  }

  /** The pool itself, for db-scheduler; connections are in autocommit mode. */
  public DataSource dataSource() {
    return dataSource;
  }

  /** Runs statements that only read, each seeing what was committed when it began. */
  public <R, X extends Exception> R read(HandleCallback<R, X> work) throws X {
    if (commits != null) {
      commits.open();
    }
    return jdbi.withHandle(work);
  }

  /**
   * Runs statements that only read and all see one moment, for as long as that takes; others write
   * meanwhile. SQLite's log grows with what they write until this ends.
   */
  public <R, X extends Exception> R snapshot(HandleCallback<R, X> work) throws X {
    if (file == null) {
      return jdbi.inTransaction(TransactionIsolationLevel.REPEATABLE_READ, work);
    }
    // Those of the pool take the write lock when a transaction begins.
    var properties = new Properties();
    properties.setProperty("open_mode", OPEN_EXISTING);
    properties.setProperty("busy_timeout", Integer.toString(WAIT_MILLIS));
    properties.setProperty("transaction_mode", "DEFERRED");
    try (var handle = Jdbi.open(() -> DriverManager.getConnection(url, properties))) {
      return handle.inTransaction(work);
    }
  }

  /** As {@link #read}, for what clients ask all the time: its statements stay prepared. */
  public <R> R query(Function<Queries, R> work) {
    if (commits != null) {
      commits.open();
    }
    return queries.run(work);
  }

  /**
   * Runs {@code work} in one transaction: committed when it returns, rolled back when it throws.
   */
  public <R, X extends Exception> R transaction(HandleCallback<R, X> work) throws X {
    if (dialect != Dialect.SQLITE) {
      return jdbi.inTransaction(work);
    }
    awaitTurn();
    try {
      checkFile();
      return jdbi.inTransaction(work);
    } catch (JdbiException e) {
      reopenIfMoved(e);
      throw e;
    } finally {
      writers.unlock();
    }
  }

  private void awaitTurn() {
    try {
      if (writers.tryLock(WAIT_MILLIS, TimeUnit.MILLISECONDS)) {
        return;
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new ConnectionException(new SQLTransientException("interrupted", e));
    }
    throw new ConnectionException(
        new SQLTransientException("no turn to write within %d ms".formatted(WAIT_MILLIS)));
  }

  /**
   * In WAL mode SQLite goes on writing to a file that was moved away or deleted, which would lose
   * what is written. Called by the one writer.
   */
  private void checkFile() {
    if (file != null && file.hasChanged()) {
      reopen();
    }
  }

  /**
   * SQLite refuses to write to a file that is no longer at its path. Connections opened from now on
   * use what is there then.
   */
  private void reopenIfMoved(JdbiException failure) {
    if (failure.getCause() instanceof SQLiteException sqlite
        && sqlite.getResultCode() == SQLiteErrorCode.SQLITE_READONLY_DBMOVED) {
      reopen();
    }
  }

  private void reopen() {
    dataSource.getHikariPoolMXBean().softEvictConnections();
    if (commits != null) {
      commits.forget();
    }
  }

  /** As {@link #transaction}, without a result. */
  public <X extends Exception> void change(HandleConsumer<X> work) throws X {
    transaction(
        handle -> {
          work.useHandle(handle);
          return true;
        });
  }

  @Override
  public void close() {
    if (commits != null) {
      commits.close();
    }
    dataSource.close();
  }
}
