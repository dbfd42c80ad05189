package io.platen.support;

import java.io.IOException;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.function.IntFunction;

/** Many clients that send at the same moment, each on a connection of its own. */
public final class Crowd {
  private static final Duration LIMIT = Duration.ofSeconds(50);

  private Crowd() {}

  /**
   * Sends one request of each client, all at once.
   *
   * @param request what the client of this number sends, in parts; each character is a byte
   * @return how many clients got an answer of each status; 0 stands for those that got none
   */
  public static Map<Integer, Integer> send(
      URI server, int clients, IntFunction<List<byte[]>> request) throws Exception {
    var connected = new CountDownLatch(clients);
    var start = new CountDownLatch(1);
    var tasks = new ArrayList<Callable<Integer>>();
    for (int i = 0; i < clients; i++) {
      int number = i;
      tasks.add(
          () -> {
            try (var wire = connect(server, connected)) {
              start.await();
              request.apply(number).forEach(wire::sendWhatIsTaken);
              return status(wire);
            }
          });
    }
    var statuses = new TreeMap<Integer, Integer>();
    try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      var running = tasks.stream().map(threads::submit).toList();
      connected.await();
      start.countDown();
      for (var task : running) {
        statuses.merge(task.get(), 1, Integer::sum);
      }
    }
    return statuses;
  }

  /** Counts those that can't connect, too: the others would wait for them for ever. */
  private static Wire connect(URI server, CountDownLatch connected) throws IOException {
    try {
      return new Wire(server);
    } finally {
      connected.countDown();
    }
  }

  private static int status(Wire wire) {
    try {
      var answer = wire.answer(LIMIT);
      return answer == null ? 0 : answer.status();
    } catch (IOException e) {
      return 0;
    }
  }
}
