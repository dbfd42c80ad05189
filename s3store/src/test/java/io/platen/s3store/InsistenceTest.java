package io.platen.s3store;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicInteger;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class InsistenceTest {
  @Test
  void whatIsAskedForWhileAnotherTryEndsIsTriedToo() throws InterruptedException {
    Insistence insistence = new Insistence("test");
    Semaphore begun = new Semaphore(0);
    CountDownLatch ended = new CountDownLatch(1);
    AtomicInteger tries = new AtomicInteger();
    Insistence.Step step =
        () -> {
          tries.incrementAndGet();
          begun.release();
          Awaitility.await().until(() -> ended.getCount() == 0);
        };
    insistence.begin(step);
    begun.acquire();
    // Too late for this try, which has looked at all there was.
    insistence.begin(step);
    ended.countDown();
    Awaitility.await("one more try").until(() -> tries.get() == 2);
  }
}
