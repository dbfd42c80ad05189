package io.platen.cli;

import io.platen.app.Platen;
import io.platen.client.ProgressBar;
import io.platen.upkeep.UpkeepRequest;
import java.io.IOException;

/** What comes of a request for upkeep. */
final class UpkeepReport {
  private UpkeepReport() {}

  /**
   * Waits for the report, as JSON.
   *
   * @throws IOException where the work failed; the message says why
   */
  static String await(Platen platen, UpkeepRequest request, String title) throws Exception {
    var bar = new ProgressBar(System.err, title);
    var ended =
        SharedWork.await(
            platen,
            workers -> workers.upkeep().runNow(request),
            () -> show(platen, request, bar),
            UpkeepRequest::isFinished);
    bar.finish();
    var report = ended.report();
    if (report == null) {
      throw new IOException(ended.error());
    }
    return report;
  }

  private static UpkeepRequest show(Platen platen, UpkeepRequest request, ProgressBar bar)
      throws IOException {
    var now =
        platen
            .upkeep()
            .find(request.id())
            .orElseThrow(() -> new IOException("the request " + request.id() + " is gone"));
    if (!now.isFinished()) {
      bar.showPart(now.done(), now.total());
    }
    return now;
  }
}
