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
    assertThat(Outage.full(failure))
        .hasValueSatisfying(
            words -> assertThat(words).contains("is full", "make room", "it failed"));
    assertThat(Outage.isOutage(failure)).isTrue();
  }

  @Test
  void whatElseFailsIsNot() {
    assertThat(Outage.full(new SQLException("gone", "08006"))).isEmpty();
    assertThat(Outage.full(new SQLException("full", "53100"))).isPresent();
    assertThat(Outage.full(new IllegalStateException("another mistake"))).isEmpty();
    assertThat(Outage.full(new SQLiteException("locked", SQLiteErrorCode.SQLITE_BUSY))).isEmpty();
  }
}
