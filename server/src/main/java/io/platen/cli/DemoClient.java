package io.platen.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.platen.client.ProgressBar;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** A client of the API, as small as a script. */
final class DemoClient implements AutoCloseable {
  private static final Duration LIMIT = Duration.ofSeconds(30);
  private static final JsonMapper MAPPER = new JsonMapper();
  private static final long POLL_MILLIS = 100;

  private final HttpClient http = HttpClient.newHttpClient();
  private final DemoServer server;

  DemoClient(DemoServer server) {
    this.server = server;
  }

  JsonNode post(String path, Map<String, ?> body) throws IOException, InterruptedException {
    return send(
        request(path)
            .POST(HttpRequest.BodyPublishers.ofString(MAPPER.writeValueAsString(body)))
            .build());
  }

  JsonNode get(String path) throws IOException, InterruptedException {
    return send(request(path).GET().build());
  }

  private HttpRequest.Builder request(String path) {
    return HttpRequest.newBuilder(URI.create(server.url() + path))
        .timeout(LIMIT)
        .header("Authorization", "Bearer " + server.key());
  }

  private JsonNode send(HttpRequest request) throws IOException, InterruptedException {
    var response = http.send(request, BodyHandlers.ofString());
    if (response.statusCode() != 200) {
      throw new IOException(request.uri() + " answered " + response.body());
    }
    return MAPPER.readTree(response.body());
  }

  /** Polls an event until it ends, showing its progress. */
  void await(String eventId, String title) throws IOException, InterruptedException {
    var bar = new ProgressBar(System.err, title);
    while (true) {
      var event = get("/machine-events/" + eventId);
      var progress = get("/machine-events/" + eventId + "/progress");
      long done = progress.path("bytesDone").asLong();
      long total = progress.path("bytesTotal").asLong();
      String state = event.path("state").asText();
      switch (state) {
        case "new", "in progress" -> {
          bar.show(
              progress.path("phase").asText(state),
              done,
              total,
              progress.path("bytesPerSecond").asLong(),
              progress.path("secondsLeft").isNull() ? null : progress.path("secondsLeft").asLong());
          TimeUnit.MILLISECONDS.sleep(POLL_MILLIS);
        }
        case "done" -> {
          bar.end(state, done, total);
          return;
        }
        default -> throw new IOException(title + ": " + event.path("error").asText(state));
      }
    }
  }

  @Override
  public void close() {
    http.close();
  }
}
