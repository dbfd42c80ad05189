package io.platen.database;

import static org.assertj.core.api.Assertions.assertThat;

import java.sql.SQLException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.sqlite.SQLiteErrorCode;
import org.sqlite.SQLiteException;

final class OutageTest {
  @ParameterizedTest
  @EnumSource(
      value = SQLiteErrorCode.class,
      names = {"SQLITE_FULL", "SQLITE_IOERR_SHMSIZE"})
  void aFullFileSystemIsSaidInWords(SQLiteErrorCode code) {
    // As Jdbi and the pool hand it on.
    var failure =
        new IllegalStateException("Failed to commit", new SQLiteException("it failed", code));
    assertThat(Outage.words(failure)).contains("is full", "make room", "it failed");
    assertThat(Outage.isOutage(failure)).isTrue();
  }

  @ParameterizedTest
  @EnumSource(
      value = SQLiteErrorCode.class,
      names = {"SQLITE_CANTOPEN", "SQLITE_READONLY", "SQLITE_READONLY_DIRECTORY"})
  void aFileThatCanNotBeWrittenIsSaidInWords(SQLiteErrorCode code) {
    var failure =
        new IllegalStateException("Failed to open", new SQLiteException("it failed", code));
    assertThat(Outage.words(failure)).contains("belong to the user", "read-only", "it failed");
  }

  @Test
  void ofWhatElseFailsTheMessageIsSaid() {
    assertThat(Outage.words(new SQLException("gone", "08006"))).isEqualTo("gone");
    assertThat(Outage.words(new SQLException("no room", "53100"))).contains("is full", "no room");
    assertThat(Outage.words(new IllegalStateException("a mistake"))).isEqualTo("a mistake");
    assertThat(
            Outage.words(
                new IllegalStateException(
                    "org.postgresql.util.PSQLException: FATAL: no role\n  Detail: none\n  Location: File: a.c, Line: 7\n  Server SQLState: 28000")))
        .isEqualTo("FATAL: no role\n  Detail: none");
    assertThat(Outage.words(new IllegalStateException())).contains("IllegalStateException");
    assertThat(Outage.words(new SQLiteException("locked", SQLiteErrorCode.SQLITE_BUSY)))
        .isEqualTo("locked");
    assertThat(Outage.words(new SQLiteException("moved", SQLiteErrorCode.SQLITE_READONLY_DBMOVED)))
        .isEqualTo("moved");
  }
}
