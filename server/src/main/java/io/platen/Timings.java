package io.platen;

import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.config.MeterFilter;
import io.micrometer.core.instrument.distribution.DistributionStatisticConfig;
import java.time.Duration;
import java.util.stream.Stream;

/** Requests are counted by how long they took, so that percentiles can be told of all servers. */
final class Timings implements MeterFilter {
  private static final double[] LIMITS =
      Stream.of(2, 5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000, 10_000)
          .mapToDouble(millis -> Duration.ofMillis(millis).toNanos())
          .toArray();

  @Override
  public DistributionStatisticConfig configure(Meter.Id id, DistributionStatisticConfig config) {
    return id.getName().equals("http.server.requests")
        ? DistributionStatisticConfig.builder().serviceLevelObjectives(LIMITS).build().merge(config)
        : config;
  }
}
