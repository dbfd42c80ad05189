import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A server of Platen's on a data directory of its own, used as any client would. */
final class PlatenServer implements AutoCloseable {
  /** An event under way. */
  record Begun(String eventId, String objectId, long startNanos, double startCpu) {}

  /**
   * An event that is done.
   *
   * @param millis from its creation to its end, by the server's own account
   * @param sample as the client saw it
   */
  record Done(String objectId, long millis, Sample sample) {}

  private final Path platen;
  private final Path data;
  private final Process process;
  private final String url;
  private final String key;
  private final HttpClient http =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

  private PlatenServer(Path platen, Path data, Process process, String url, String key) {
    this.platen = platen;
    this.data = data;
    this.process = process;
    this.url = url;
    this.key = key;
  }

  /** Starts a server on a data directory that does not exist yet. */
  static PlatenServer start(Path platen, Path data, String... options) throws IOException {
    File log = log(data);
    Process process = serve(platen, data, 0, options);
    // It prints these two once, and then it is ready.
    BufferedReader output = new BufferedReader(new InputStreamReader(process.getInputStream()));
    String url = value(output.readLine(), log);
    String key = value(output.readLine(), log);
    return new PlatenServer(platen, data, process, url, key);
  }

  /** Starts one more node of a database, on a data directory that does not exist yet. */
  static PlatenServer join(PlatenServer first, Path data, String... options)
      throws IOException, InterruptedException {
    return startOn(first.platen, data, first.key, options);
  }

  /** Starts a server on a database that has a key already, or that is asked without one. */
  static PlatenServer startOn(Path platen, Path data, String key, String... options)
      throws IOException, InterruptedException {
    int port;
    try (var socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      port = socket.getLocalPort();
    }
    Process process = serve(platen, data, port, options);
    var server =
        new PlatenServer(platen, data, process, "http://127.0.0.1:" + port + "/v1", key);
    while (!server.isReady()) {
      if (!process.isAlive()) {
        throw new IOException("platen does not start: " + server.log());
      }
      Thread.sleep(50);
    }
    return server;
  }

  private static File log(Path data) {
    return data.resolve("bench.log").toFile();
  }

  private static Process serve(Path platen, Path data, int port, String... options)
      throws IOException {
    Files.createDirectories(data);
    var command =
        new ArrayList<>(
            List.of(
                platen.toString(),
                "serve",
                "--port",
                Integer.toString(port),
                "--data",
                data.toString()));
    command.addAll(List.of(options));
    return new ProcessBuilder(command).redirectError(log(data)).start();
  }

  private boolean isReady() throws InterruptedException {
    var ready = HttpRequest.newBuilder(URI.create(url.replace("/v1", "/health/ready"))).build();
    try {
      return http.send(ready, BodyHandlers.discarding()).statusCode() == 200;
    } catch (IOException e) {
      return false; // not yet
    }
  }

  private static String value(String line, File log) throws IOException {
    if (line == null || !line.contains("=")) {
      throw new IOException("platen does not start: " + Files.readString(log.toPath()));
    }
    return line.substring(line.indexOf('=') + 1);
  }

  Path data() {
    return data;
  }

  String url() {
    return url;
  }

  String key() {
    return key;
  }

  /** Takes on a raw disk as a machine and returns its id. */
  String adopt(Path disk, String... options) throws IOException, InterruptedException {
    var command = new ArrayList<Object>(List.of(platen, "machine", "adopt", "--data", data));
    command.addAll(List.of("--name", disk.getFileName(), "--disk", disk, "--format", "raw"));
    command.addAll(List.of(options));
    return Tool.run(command.toArray()).strip();
  }

  void rename(String templateId, String name) throws IOException, InterruptedException {
    send(
        request("/custom-templates/" + templateId)
            .PUT(HttpRequest.BodyPublishers.ofString("{\"name\":\"" + name + "\"}"))
            .build());
  }

  Begun beginCapture(String machineId) throws IOException, InterruptedException {
    return begin("/custom-templates", "{\"machineId\":\"" + machineId + "\",\"name\":\"bench\"}");
  }

  Done capture(String machineId) throws IOException, InterruptedException {
    // Not more often: on two cores the questions would cost as much as a part of the answer.
    return await(beginCapture(machineId), 20);
  }

  Done launch(String templateId, int gigabytes) throws IOException, InterruptedException {
    return await(beginLaunch(templateId, gigabytes), 1);
  }

  Begun beginLaunch(String templateId, int gigabytes) throws IOException, InterruptedException {
    String body =
        """
        {"name":"bench","machineType":"C5","templateId":"%s","diskSize":%d,"region":"ny2",\
        "startOnCreate":false}"""
            .formatted(templateId, gigabytes);
    return begin("/machines", body);
  }

  private Begun begin(String path, String body) throws IOException, InterruptedException {
    double cpu = cpu();
    long start = System.nanoTime();
    String answer = send(request(path).POST(HttpRequest.BodyPublishers.ofString(body)).build());
    int event = answer.indexOf("\"event\"");
    return new Begun(
        text(answer.substring(event), "id"), text(answer.substring(0, event), "id"), start, cpu);
  }

  /** Waits for an event, looking every so often. */
  Done await(Begun begun, int pollMillis) throws IOException, InterruptedException {
    while (true) {
      String event = send(request("/machine-events/" + begun.eventId).GET().build());
      String state = text(event, "state");
      if (state.equals("done")) {
        double seconds = (System.nanoTime() - begun.startNanos) / 1e9;
        Instant from = Instant.parse(text(event, "dtCreated"));
        Instant to = Instant.parse(text(event, "dtFinished"));
        return new Done(
            begun.objectId,
            Duration.between(from, to).toMillis(),
            new Sample(seconds, cpu() - begun.startCpu));
      }
      if (!state.equals("new") && !state.equals("in progress")) {
        throw new IOException(event + "\n" + log());
      }
      Thread.sleep(pollMillis);
    }
  }

  private String log() throws IOException {
    return Files.readString(data.resolve("bench.log"));
  }

  private HttpRequest.Builder request(String path) {
    return HttpRequest.newBuilder(URI.create(url + path)).header("Authorization", "Bearer " + key);
  }

  private String send(HttpRequest request) throws IOException, InterruptedException {
    var response = http.send(request, BodyHandlers.ofString());
    if (response.statusCode() != 200) {
      throw new IOException(
          request.uri() + ": " + response.statusCode() + " " + response.body() + "\n" + log());
    }
    return response.body();
  }

  private static String text(String json, String field) throws IOException {
    Matcher found = Pattern.compile("\"" + field + "\"\\s*:\\s*\"([^\"]*)\"").matcher(json);
    if (!found.find()) {
      throw new IOException("no " + field + " in " + json);
    }
    return found.group(1);
  }

  double cpu() throws IOException {
    return Tool.of(process.pid());
  }

  /** The most memory it has had resident so far, in bytes. */
  long peakResident() throws IOException {
    return status("VmHWM");
  }

  /** Forgets the peak: proc(5), clear_refs. */
  void resetPeak() throws IOException {
    Files.writeString(Path.of("/proc/" + process.pid() + "/clear_refs"), "5");
  }

  private long status(String field) throws IOException {
    for (String line : Files.readAllLines(Path.of("/proc/" + process.pid() + "/status"))) {
      if (line.startsWith(field + ":")) {
        return Long.parseLong(line.replaceAll("\\D", "")) << 10;
      }
    }
    throw new IOException("no " + field);
  }

  @Override
  public void close() throws IOException, InterruptedException {
    process.destroy();
    process.waitFor();
  }
}
