package io.platen.http;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

final class BulkheadTest {
  private static final int PLACES = 3;

  private final Bulkhead bulkhead = new Bulkhead(PLACES);
  private final List<Integer> begun = new ArrayList<>();

  @Test
  void thoseBeyondThePlacesWaitInTheirOrder() {
    for (int i = 0; i < 6; i++) {
      int number = i;
      bulkhead.enter(() -> begun.add(number));
    }
    assertThat(begun).containsExactly(0, 1, 2);
    bulkhead.leave();
    bulkhead.leave();
    assertThat(begun).containsExactly(0, 1, 2, 3, 4);
  }

  @Test
  void aPlaceThatNobodyWaitsForIsFreeForTheNext() {
    for (int i = 0; i < 10; i++) {
      int number = i;
      bulkhead.enter(() -> begun.add(number));
      bulkhead.leave();
    }
    assertThat(begun).hasSize(10);
  }

  @Test
  void amongManyThreadsAllAreWorkedOnAndNeverMoreThanThereArePlaces() throws Exception {
    int requests = 10_000;
    var now = new AtomicInteger();
    var most = new AtomicInteger();
    var done = new CountDownLatch(requests);
    try (var threads = Executors.newFixedThreadPool(8)) {
      for (int i = 0; i < requests; i++) {
        threads.execute(
            () ->
                bulkhead.enter(
                    () -> {
                      most.accumulateAndGet(now.incrementAndGet(), Math::max);
                      threads.execute(
                          () -> {
                            now.decrementAndGet();
                            bulkhead.leave();
                            done.countDown();
                          });
                    }));
      }
      assertThat(done.await(30, TimeUnit.SECONDS)).isTrue();
    }
    assertThat(most.get()).isEqualTo(PLACES);
  }
}
