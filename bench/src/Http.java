import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What the HTTP side can do, with wrk: each round measures all of the calls, one after the other.
 *
 * <p>Arguments: the platen launcher, a working directory, the rounds, the URL of a PostgreSQL.
 */
final class Http {
  private static final int TEMPLATES = 25;
  private static final int CLIENTS = 16;
  private static final int POSTS = 40;
  private static final List<String> SECONDS = List.of("3", "10");

  private static final String LIST = "/custom-templates?limit=20";
  private static final String CHANGING = "list of 20, one of them renamed 20 times a second";

  /** Asks for the same in other words each time, so that no answer can be given again. */
  private static final String FRESH =
      """
      local threads = 0
      function setup(thread)
        threads = threads + 1
        thread:set("id", threads)
      end
      local n = 0
      function request()
        n = n + 1
        local mark = wrk.path:find("?") and "&" or "?"
        return wrk.format("GET", wrk.path .. mark .. "asked=" .. os.time() .. "-" .. id .. "-" .. n)
      end
      """;

  /** One run of wrk; times in milliseconds. */
  private record Load(double perSecond, double p50, double p99) {}

  public static void main(String[] args) throws Exception {
    Path work = Path.of(args[1]);
    int rounds = Integer.parseInt(args[2]);
    Path config = work.resolve("postgres.yaml");
    Files.writeString(config, "database: " + args[3] + "\n");
    var fresh = Files.writeString(work.resolve("fresh.lua"), FRESH).toString();
    try (var server = PlatenServer.start(Path.of(args[0]), work.resolve("data"))) {
      String template = templates(server, work);
      Map<String, List<String>> calls = new LinkedHashMap<>();
      calls.put("health", List.of("/health"));
      calls.put("get by id", List.of(get(template)));
      calls.put("list of 20", List.of(LIST));
      calls.put(CHANGING, List.of(LIST));
      calls.put("get by id, never asked before", List.of(get(template), "-s", fresh));
      calls.put("list of 20, never asked before", List.of(LIST, "-s", fresh));
      gets(server, calls, template, rounds);
      posts(server, template);
      try (var postgres =
          PlatenServer.start(
              Path.of(args[0]), work.resolve("other"), "--config", config.toString())) {
        var templates = Map.of(server, template, postgres, templates(postgres, work, "--config", config.toString()));
        databases(server, postgres, templates, fresh, rounds);
      }
    }
  }

  private static String get(String template) {
    return "/custom-templates/" + template;
  }

  /** Captures a small disk several times; returns one of the templates. */
  private static String templates(PlatenServer server, Path work, String... options)
      throws Exception {
    Path disk = work.resolve("disk.raw");
    try (var file = new RandomAccessFile(disk.toFile(), "rw")) {
      file.setLength(64 << 20);
      file.write("disk".getBytes());
    }
    String machine = server.adopt(disk, options);
    String template = "";
    for (int i = 0; i < TEMPLATES; i++) {
      template = server.capture(machine).objectId();
    }
    return template;
  }

  /** Asks two servers, in turn, for what is not in memory. */
  private static void databases(
      PlatenServer sqlite,
      PlatenServer postgres,
      Map<PlatenServer, String> templates,
      String fresh,
      int rounds)
      throws Exception {
    System.out.println("\n| never asked before, requests/s | PostgreSQL | SQLite | ratio |");
    System.out.println("|---|---|---|---|");
    for (var kind : List.of("get by id", "list of 20")) {
      List<Load> theirs = new ArrayList<>();
      List<Load> ours = new ArrayList<>();
      for (int round = 0; round <= rounds; round++) {
        for (var server : List.of(sqlite, postgres)) {
          String path = kind.startsWith("get") ? get(templates.get(server)) : LIST;
          var load = wrk(server, List.of(path, "-s", fresh), SECONDS.get(Math.min(round, 1)));
          if (round > 0) {
            (server == sqlite ? theirs : ours).add(load);
          }
        }
      }
      System.out.printf(
          "| %s | %.0f | %.0f | %.2f |%n",
          kind, median(ours, Load::perSecond), median(theirs, Load::perSecond), ratio(ours, theirs));
    }
  }

  /**
   * Loads the server with each of the calls.
   *
   * @param calls the path and options of wrk, by their names
   */
  private static void gets(
      PlatenServer server, Map<String, List<String>> calls, String template, int rounds)
      throws Exception {
    Map<String, List<Load>> loads = new LinkedHashMap<>();
    for (int round = 0; round <= rounds; round++) {
      for (var call : calls.entrySet()) {
        String seconds = SECONDS.get(Math.min(round, 1));
        var load =
            call.getKey().equals(CHANGING)
                ? whileRenaming(server, template, () -> wrk(server, call.getValue(), seconds))
                : wrk(server, call.getValue(), seconds);
        System.err.printf(
            "  %-50s %8.0f/s  p50 %6.2f ms  p99 %6.2f ms%s%n",
            call.getKey(), load.perSecond(), load.p50(), load.p99(), round == 0 ? "  (warm-up)" : "");
        if (round > 0) {
          loads.computeIfAbsent(call.getKey(), _ -> new ArrayList<>()).add(load);
        }
      }
    }
    System.out.println("| 64 connections | requests/s | of health's | p50 | p99 | p99 / p50 |");
    System.out.println("|---|---|---|---|---|---|");
    var health = loads.get("health");
    loads.forEach(
        (name, of) ->
            System.out.printf(
                "| %s | %.0f | %.2f | %.2f ms | %.2f ms | %.1f |%n",
                name,
                median(of, Load::perSecond),
                ratio(of, health),
                median(of, Load::p50),
                median(of, Load::p99),
                median(of, load -> load.p99() / load.p50())));
  }

  private static double median(List<Load> loads, java.util.function.ToDoubleFunction<Load> of) {
    return Sample.median(loads.stream().map(of::applyAsDouble).toList());
  }

  private static double ratio(List<Load> ours, List<Load> theirs) {
    List<Double> ratios = new ArrayList<>();
    for (int i = 0; i < ours.size(); i++) {
      ratios.add(ours.get(i).perSecond() / theirs.get(i).perSecond());
    }
    return Sample.median(ratios);
  }

  private static Load whileRenaming(PlatenServer server, String template, Callable<Load> load)
      throws Exception {
    try (var renaming = Executors.newSingleThreadScheduledExecutor()) {
      var names = new AtomicInteger();
      var renamed =
          renaming.scheduleAtFixedRate(
              () -> {
                try {
                  server.rename(template, "name " + names.incrementAndGet());
                } catch (IOException | InterruptedException e) {
                  throw new IllegalStateException(e);
                }
              },
              0,
              50,
              TimeUnit.MILLISECONDS);
      var result = load.call();
      if (renamed.isDone()) {
        throw new IllegalStateException("a template could not be renamed", renamed.exceptionNow());
      }
      renaming.shutdownNow();
      return result;
    }
  }

  private static Load wrk(PlatenServer server, List<String> call, String seconds)
      throws Exception {
    List<Object> command =
        new ArrayList<>(
            List.of("wrk", "-t", "2", "-c", "64", "-d", seconds + "s", "--latency",
                "-H", "Authorization: Bearer " + server.key(), server.url() + call.getFirst()));
    command.addAll(call.subList(1, call.size()));
    String output = Tool.run(command.toArray());
    if (output.contains("Non-2xx") || output.contains("Socket errors")) {
      throw new IllegalStateException(output);
    }
    return new Load(
        Double.parseDouble(find(output, "Requests/sec:\\s+([0-9.]+)()")),
        millis(output, "50%"),
        millis(output, "99%"));
  }

  private static double millis(String output, String percentile) {
    Matcher found = Pattern.compile(percentile + "\\s+([0-9.]+)(us|ms|s)").matcher(output);
    if (!found.find()) {
      throw new IllegalStateException(output);
    }
    double value = Double.parseDouble(found.group(1));
    return switch (found.group(2)) {
      case "us" -> value / 1000;
      case "s" -> value * 1000;
      default -> value;
    };
  }

  private static String find(String output, String pattern) {
    Matcher found = Pattern.compile(pattern).matcher(output);
    if (!found.find()) {
      throw new IllegalStateException(output);
    }
    return found.group(1);
  }

  /** Sixteen clients create machines at once; every event is there, and ends well. */
  private static void posts(PlatenServer server, String template) throws Exception {
    server.launch(template, 50);
    List<Double> times = new ArrayList<>();
    long start = System.nanoTime();
    try (var clients = Executors.newFixedThreadPool(CLIENTS)) {
      Callable<List<Double>> client =
          () -> {
            List<Double> own = new ArrayList<>();
            List<PlatenServer.Begun> begun = new ArrayList<>();
            for (int i = 0; i < POSTS; i++) {
              long before = System.nanoTime();
              begun.add(server.beginLaunch(template, 50));
              own.add((System.nanoTime() - before) / 1e6);
            }
            for (var event : begun) {
              server.await(event, 20);
            }
            return own;
          };
      for (var done : clients.invokeAll(java.util.Collections.nCopies(CLIENTS, client))) {
        times.addAll(done.get());
      }
    }
    times.sort(null);
    System.out.printf(
        "%n%d machines created by %d clients at once, all events done after %.1f s: POST p50 %.0f ms, p99 %.0f ms%n",
        times.size(),
        CLIENTS,
        (System.nanoTime() - start) / 1e9,
        times.get(times.size() / 2),
        times.get(times.size() * 99 / 100));
  }
}
