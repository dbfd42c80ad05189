package io.platen.database;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.platen.support.PrivatePostgres;
import java.sql.DriverManager;
import org.jdbi.v3.core.Handle;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A process that is stopped, or whose host hangs, in the middle of a transaction. */
@Timeout(60)
final class StoppedTransactionPostgresIT {
  private static final String UPDATE = "UPDATE setting SET value = value WHERE name = 'one'";

  private static String shown(Handle handle, String sql) {
    return handle.createQuery(sql).mapTo(String.class).one();
  }

  @Test
  void itsLocksAreGivenFreeAndItLearnsThatItWasAnOutage() throws Exception {
    var postgres = PrivatePostgres.start();
    try (var database = Database.open(postgres.url(), "stopped");
        var other = DriverManager.getConnection(postgres.url());
        var asking = other.createStatement()) {
      asking.execute("INSERT INTO setting (name, value) VALUES ('one', '1')");
      var failure =
          catchThrowable(
              () ->
                  database.change(
                      handle -> {
                        assertThat(shown(handle, "SHOW idle_in_transaction_session_timeout"))
                            .isEqualTo("30s");
                        // Nobody wants to wait that long.
                        handle.execute("SET idle_in_transaction_session_timeout = 200");
                        handle.execute(UPDATE);
                        // It waits for the row until that is free.
                        assertThat(asking.executeUpdate(UPDATE)).isEqualTo(1);
                        handle.execute(UPDATE);
                      }));
      assertThat(failure).matches(Outage::isOutage, "an outage");
    } finally {
      postgres.remove();
    }
  }
}
