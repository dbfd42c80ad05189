package io.platen.database;

import java.io.IOException;
import java.sql.SQLException;
import java.sql.SQLTransientException;
import java.util.regex.Pattern;
import org.sqlite.SQLiteErrorCode;
import org.sqlite.SQLiteException;

/** Tells a database that can't be used for the moment from a mistake of ours. */
public final class Outage {
  private static final Pattern EXCEPTION = Pattern.compile("^([a-z]+\\.)+\\w+Exception: ");
  private static final String SERVER_SOURCE = "(?s)\\n  (Position|Location|Server SQLState): .*";

  private Outage() {}

  /** Whether a failure comes from a database that is locked, gone, full or read-only. */
  public static boolean isOutage(Throwable failure) {
    for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
      if (cause instanceof SQLException sql && isOutage(sql)) {
        return true;
      }
    }
    return false;
  }

  /**
   * What failed, for the operator: with what to do where the database's file system is full, or its
   * file can't be opened or written; of everything else the message.
   */
  public static String words(Throwable failure) {
    for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
      if (cause instanceof SQLException sql) {
        if (isFull(sql)) {
          return "the file system of the database is full: make room there, and try again (%s)"
              .formatted(sql.getMessage());
        }
        if (isClosed(sql)) {
          return "the database's file can't be opened to be written: it and its directory have to belong to the user who runs this, on a file system that is not mounted read-only (%s)"
              .formatted(sql.getMessage());
        }
      }
    }
    String message = failure.getMessage();
    if (message == null) {
      return failure.toString();
    }
    // Jdbi puts the class before it; PostgreSQL's driver, where in the server's source it failed.
    return EXCEPTION.matcher(message).replaceFirst("").replaceFirst(SERVER_SOURCE, "");
  }

  private static boolean isClosed(SQLException sql) {
    if (!(sql instanceof SQLiteException sqlite)) {
      return false;
    }
    var code = sqlite.getResultCode();
    // A file that is no longer at its path is another matter.
    return code != SQLiteErrorCode.SQLITE_READONLY_DBMOVED
        && ((code.code & 0xff) == SQLiteErrorCode.SQLITE_CANTOPEN.code
            || (code.code & 0xff) == SQLiteErrorCode.SQLITE_READONLY.code);
  }

  private static boolean isFull(SQLException sql) {
    if (sql instanceof SQLiteException sqlite) {
      // A shared memory file that can't grow is on the file system of the database as well.
      var code = sqlite.getResultCode();
      return code == SQLiteErrorCode.SQLITE_FULL || code == SQLiteErrorCode.SQLITE_IOERR_SHMSIZE;
    }
    return "53100".equals(sql.getSQLState());
  }

  private static boolean isOutage(SQLException sql) {
    if (sql instanceof SQLTransientException || sql.getCause() instanceof IOException) {
      return true;
    }
    if (sql instanceof SQLiteException sqlite) {
      // The low byte is the primary result code: https://sqlite.org/rescode.html
      return switch (sqlite.getResultCode().code & 0xff) {
        case 5, 6, 7, 8, 10, 13, 14 -> true; // BUSY LOCKED NOMEM READONLY IOERR FULL CANTOPEN
        default -> false;
      };
    }
    String state = sql.getSQLState();
    // SQLSTATE classes: 08 connection, 40 rolled back for another's sake, 53 resources, 57 operator
    // intervention; 25006 read-only, 25P03 ended since nothing was asked, 55P03 lock not available.
    return state != null
        && (state.startsWith("08")
            || state.startsWith("40")
            || state.startsWith("53")
            || state.startsWith("57")
            || state.equals("25006")
            || state.equals("25P03")
            || state.equals("55P03"));
  }
}
