package io.platen.client;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.net.ConnectException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.net.http.HttpTimeoutException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;
import java.util.StringJoiner;
import org.jspecify.annotations.Nullable;

/** Requests to a server of the API, one at a time. */
final class Api implements AutoCloseable {
  private static final Duration CONNECT_LIMIT = Duration.ofSeconds(5);
  private static final Duration LIMIT = Duration.ofSeconds(60);
  private static final int OK = 200;
  private static final String BASE = "/v1";

  /** What a server says of a path that none of its endpoints has, but not of an unknown id. */
  private static final String NO_PATH = "There is nothing at this path";

  private static final JsonMapper MAPPER = new JsonMapper();

  private final Login login;
  private final HttpClient http;

  Api(Login login) {
    this.login = login;
    var builder =
        HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).connectTimeout(CONNECT_LIMIT);
    if (login.url().startsWith("http:")) {
      // The client would read all authorities that this host trusts, which takes as long as all the
      // rest. Redirects are not followed, so nothing else is spoken.
      builder.sslContext(new NoTls());
    }
    http = builder.build();
  }

  /**
   * @param text the body as the server wrote it
   */
  record Answer(String text, JsonNode json) {}

  String url() {
    return login.url();
  }

  Answer get(String path) throws IOException {
    return send("GET", path, null);
  }

  Answer get(String path, Map<String, String> query) throws IOException {
    var joined = new StringJoiner("&", path + "?", "").setEmptyValue(path);
    query.forEach((name, value) -> joined.add(name + "=" + encode(value)));
    return get(joined.toString());
  }

  Answer post(String path, Map<String, ?> body) throws IOException {
    return send("POST", path, body);
  }

  Answer put(String path, Map<String, ?> body) throws IOException {
    return send("PUT", path, body);
  }

  Answer patch(String path) throws IOException {
    return send("PATCH", path, Map.of());
  }

  Answer delete(String path) throws IOException {
    return send("DELETE", path, null);
  }

  /** One segment of a path. */
  static String encode(String text) {
    return URLEncoder.encode(text, StandardCharsets.UTF_8).replace("+", "%20");
  }

  /**
   * @throws Refused where the server answers with an error
   * @throws IOException where there is no answer, or none of this API
   */
  private Answer send(String method, String path, @Nullable Map<String, ?> body)
      throws IOException {
    HttpRequest request;
    try {
      var content =
          body == null
              ? BodyPublishers.noBody()
              : BodyPublishers.ofByteArray(MAPPER.writeValueAsBytes(body));
      request =
          HttpRequest.newBuilder(URI.create(login.url() + path))
              .timeout(LIMIT)
              .header("Authorization", "Bearer " + login.key())
              .header("Content-Type", "application/json")
              .method(method, content)
              .build();
    } catch (IllegalArgumentException e) {
      throw new IOException(
          "%s is no address of a server: %s".formatted(login.url(), e.getMessage()), e);
    }
    try {
      var response = http.send(request, BodyHandlers.ofString());
      var json = json(response.body());
      if (response.statusCode() != OK) {
        throw new Refused(response.statusCode(), message(login.url(), response.statusCode(), json));
      }
      return new Answer(response.body(), json);
    } catch (ConnectException e) {
      throw new IOException(
          "no server answers at %s: start one, or set %s"
              .formatted(login.url(), Login.URL_VARIABLE),
          e);
    } catch (HttpTimeoutException e) {
      throw new IOException(
          "%s did not answer within %d s".formatted(login.url(), LIMIT.toSeconds()), e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted", e);
    }
  }

  private JsonNode json(String text) throws IOException {
    try {
      return MAPPER.readTree(text);
    } catch (IOException e) {
      throw new IOException(
          "%s is no server of this API: its answer is not JSON".formatted(login.url()), e);
    }
  }

  /** The server's sentence, and one line for each field that it has something to say about. */
  static String message(String url, int status, JsonNode error) {
    var message = new StringBuilder(error.path("message").asText("the server answers " + status));
    for (var issue : error.path("details").path("issues")) {
      String what = issue.path("message").asText();
      if (message.indexOf(what) < 0) {
        message.append("\n  ").append(issue.path("path").asText()).append(": ").append(what);
      }
    }
    if (message.indexOf(NO_PATH) == 0 && !url.endsWith(BASE)) {
      message.append(
          "\n  %s does not end with %s, as the address of the API does; see \"platen login\" and %s."
              .formatted(url, BASE, Login.URL_VARIABLE));
    }
    return message.toString();
  }

  @Override
  public void close() {
    http.close();
  }
}
