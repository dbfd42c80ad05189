package io.platen.cli;

import io.platen.Platen;
import io.platen.Workers;
import io.platen.config.DataLock;
import io.platen.upkeep.UpkeepRequest;
import java.io.IOException;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;

/**
 * Waits for the outcome of a request: a server that has the data directory does it; where there is
 * none, or it ends meanwhile, this process does.
 */
final class UpkeepWait {
  private static final long POLL_MILLIS = 200;

  private UpkeepWait() {}

  /**
   * The report, as JSON.
   *
   * @throws IOException where the work failed; the message says why
   */
  static String report(Platen platen, UpkeepRequest request, String title) throws Exception {
    var bar = new ProgressBar(System.err, title);
    while (true) {
      var lock = DataLock.tryAcquire(platen.config().data());
      if (lock.isPresent()) {
        try (var _ = lock.get();
            var workers = Workers.open(platen);
            var worker = Executors.newSingleThreadExecutor()) {
          var work = worker.submit(() -> workers.upkeep().runNow(request));
          while (!work.isDone()) {
            show(platen, request, bar);
          }
          work.get();
        }
      }
      var now = show(platen, request, bar);
      var report = now.report();
      if (report != null) {
        bar.finish();
        return report;
      }
      if (now.error() != null) {
        bar.finish();
        throw new IOException(now.error());
      }
    }
  }

  private static UpkeepRequest show(Platen platen, UpkeepRequest request, ProgressBar bar)
      throws Exception {
    var now =
        platen
            .upkeep()
            .find(request.id())
            .orElseThrow(() -> new IOException("the request " + request.id() + " is gone"));
    if (!now.isFinished()) {
      bar.showPart(now.done(), now.total());
      TimeUnit.MILLISECONDS.sleep(POLL_MILLIS);
    }
    return now;
  }
}
