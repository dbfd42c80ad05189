package io.platen.app;

import jakarta.inject.Singleton;
import org.eclipse.microprofile.health.HealthCheck;
import org.eclipse.microprofile.health.HealthCheckResponse;

/**
 * Whether a restart would help: a thread that the server can't do without has ended or is stuck.
 */
@Singleton
@org.eclipse.microprofile.health.Liveness
public final class Liveness implements HealthCheck {
  @Override
  public HealthCheckResponse call() {
    var watchdog = PlatenBeans.served().watchdog();
    var missing = watchdog.missing();
    return HealthCheckResponse.named("threads")
        .withData("missing", missing.isEmpty() ? "none" : String.join(", ", missing))
        .withData("watched", String.join(", ", watchdog.watched()))
        .status(missing.isEmpty())
        .build();
  }
}
