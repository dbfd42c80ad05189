package io.platen.app;

import io.platen.database.Outage;
import io.platen.http.Admission;
import jakarta.inject.Singleton;
import org.eclipse.microprofile.health.HealthCheck;
import org.eclipse.microprofile.health.HealthCheckResponse;

/** Whether requests are answered: the database and the store can be used, and the server stays. */
@Singleton
@org.eclipse.microprofile.health.Readiness
public final class Readiness implements HealthCheck {
  private final Admission admission;

  public Readiness(Admission admission) {
    this.admission = admission;
  }

  @Override
  public HealthCheckResponse call() {
    boolean database = databaseAnswers();
    boolean store = PlatenBeans.served().site().chunks().isUsable();
    boolean open = admission.isOpen();
    return HealthCheckResponse.named("platen")
        .withData("database", word(database))
        .withData("store", word(store))
        .withData("requests", open ? "accepted" : "refused: the server ends")
        .status(database && store && open)
        .build();
  }

  private static String word(boolean good) {
    return good ? "ok" : "can't be used";
  }

  private static boolean databaseAnswers() {
    try {
      return PlatenBeans.served()
          .database()
          .read(
              handle ->
                  handle.createQuery("SELECT 1 FROM team LIMIT 1").mapTo(Integer.class).findOne())
          .isPresent();
    } catch (RuntimeException e) {
      if (!Outage.isOutage(e)) {
        throw e;
      }
      return false;
    }
  }
}
