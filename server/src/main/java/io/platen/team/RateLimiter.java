package io.platen.team;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import io.github.bucket4j.Bandwidth;
import io.github.bucket4j.Bucket;
import io.github.bucket4j.TimeMeter;
import io.platen.config.RateLimit;
import io.platen.model.Caller;
import io.platen.model.Refusal;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/** Counts the requests of each API key; off where there is no limit. */
public final class RateLimiter {
  /**
   * Keys that are counted at the same time. Those that are seldom used are forgotten first, which
   * refills their buckets; that matters only where more keys than this are busy.
   */
  static final int MAXIMUM_KEYS = 10_000;

  private static final double NANOS = TimeUnit.SECONDS.toNanos(1);

  private final @Nullable RateLimit limit;
  private final TimeMeter clock;
  private final Cache<String, Bucket> buckets =
      Caffeine.newBuilder().maximumSize(MAXIMUM_KEYS).build();

  /**
   * @param limit null for none
   * @param nanoTime as {@link System#nanoTime}
   */
  public RateLimiter(@Nullable RateLimit limit, LongSupplier nanoTime) {
    this.limit = limit;
    clock = new Nanos(nanoTime);
  }

  /**
   * Counts one request of a key.
   *
   * @return 0 where it may pass; otherwise the whole seconds after which the next one may
   */
  int count(String keyId) {
    if (limit == null) {
      return 0;
    }
    var probe = buckets.get(keyId, key -> bucket(limit)).tryConsumeAndReturnRemaining(1);
    return probe.isConsumed()
        ? 0
        : Math.toIntExact(
            Math.max(1, Math.round(Math.ceil(probe.getNanosToWaitForRefill() / NANOS))));
  }

  /**
   * Counts one request.
   *
   * @throws Refusal TOO_MANY_REQUESTS where its key has sent too many
   */
  public void check(Caller caller) {
    int seconds = count(caller.keyId());
    if (limit != null && seconds > 0) {
      throw Refusal.tooMany(
          "Too many requests with this API key: %s a second, %d at once are allowed. Try again in %d s."
              .formatted(limit.requestsPerSecond(), limit.burst(), seconds),
          seconds);
    }
  }

  private Bucket bucket(RateLimit rate) {
    var refill = Duration.ofNanos(Math.max(1, (long) (NANOS / rate.requestsPerSecond())));
    return Bucket.builder()
        .addLimit(Bandwidth.builder().capacity(rate.burst()).refillGreedy(1, refill).build())
        .withCustomTimePrecision(clock)
        .build();
  }

  private record Nanos(LongSupplier time) implements TimeMeter {
    @Override
    public long currentTimeNanos() {
      return time.getAsLong();
    }

    @Override
    public boolean isWallClockBased() {
      return false;
    }
  }
}
