package io.platen.support;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpHeaders;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublisher;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Speaks to a server with a key. */
public final class Client {
  public static final ObjectMapper JSON = new ObjectMapper();
  private static final Set<String> FINAL = Set.of("done", "error", "cancelled");
  private static final Duration JOB_LIMIT = Duration.ofMinutes(2);
  private static final HttpClient HTTP =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

  private final URI server;
  private final @Nullable String key;

  public Client(URI server, @Nullable String key) {
    this.server = server;
    this.key = key;
  }

  /** What the server answered. */
  public record Answer(int status, String text, HttpHeaders headers) {
    JsonNode json() {
      try {
        return JSON.readTree(text);
      } catch (IOException e) {
        throw new AssertionError("no JSON: " + text, e);
      }
    }

    /** The JSON of a success, which always has status 200. */
    public JsonNode ok() {
      assertThat(status).as("%s", text).isEqualTo(200);
      assertJson();
      return json();
    }

    /** The JSON of an error with this status and code. */
    public JsonNode error(int expected, String code) {
      assertThat(status).as("%s", text).isEqualTo(expected);
      assertJson();
      var json = json();
      assertThat(json.path("code").asText()).isEqualTo(code);
      assertThat(json.path("message").asText()).isNotBlank();
      assertThat(json.properties().stream().map(Map.Entry::getKey))
          .isSubsetOf("code", "message", "details");
      return json;
    }

    /** The JSON of a BAD_REQUEST that complains about this field or parameter, and no other. */
    public JsonNode invalid(String path) {
      var json = error(400, "BAD_REQUEST");
      var issues = json.path("details").path("issues");
      assertThat(issues.findValuesAsText("path")).as("%s", text).containsExactly(path);
      assertThat(issues.findValuesAsText("message")).allMatch(message -> !message.isBlank());
      return json;
    }

    private void assertJson() {
      assertThat(headers.firstValue("content-type").orElse("")).startsWith("application/json");
    }
  }

  public static String encode(String parameter) {
    return URLEncoder.encode(parameter, StandardCharsets.UTF_8);
  }

  public Answer get(String path) {
    return send("GET", path, null);
  }

  /** What is at a path that is not below {@code /v1}. */
  public Answer root(String path) {
    return request("GET", URI.create(server + path), null);
  }

  public Answer post(String path, Object body) {
    return send("POST", path, body);
  }

  public Answer put(String path, Object body) {
    return send("PUT", path, body);
  }

  public Answer patch(String path) {
    return send("PATCH", path, null);
  }

  public Answer delete(String path) {
    return send("DELETE", path, null);
  }

  /**
   * Sends a request.
   *
   * @param path below {@code /v1}
   * @param body a text as it is to be sent, or what is to be written as JSON; null for none
   * @param headers names and values in turn
   */
  public Answer send(String method, String path, @Nullable Object body, String... headers) {
    return request(method, URI.create(server + "/v1" + path), body, headers);
  }

  private Answer request(String method, URI target, @Nullable Object body, String... headers) {
    BodyPublisher content =
        switch (body) {
          case null -> BodyPublishers.noBody();
          case byte[] bytes -> BodyPublishers.ofByteArray(bytes);
          case String text -> BodyPublishers.ofString(text);
          default -> BodyPublishers.ofString(write(body));
        };
    var request =
        HttpRequest.newBuilder(target).timeout(Duration.ofMinutes(1)).method(method, content);
    if (key != null) {
      request.header("Authorization", "Bearer " + key);
    }
    if (headers.length > 0) {
      request.headers(headers);
    }
    try {
      var response = HTTP.send(request.build(), BodyHandlers.ofString());
      return new Answer(response.statusCode(), response.body(), response.headers());
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(method + " " + target, e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }

  private static String write(Object body) {
    try {
      return JSON.writeValueAsString(body);
    } catch (IOException e) {
      throw new IllegalArgumentException(e);
    }
  }

  /** Begins a capture. */
  public JsonNode capture(String machineId, String name) {
    return post("/custom-templates", Map.of("machineId", machineId, "name", name)).ok();
  }

  /** Begins a launch. */
  public JsonNode launch(String templateId, int gigabytes, String name) {
    return post(
            "/machines",
            Map.of(
                "name", name,
                "machineType", "C5",
                "templateId", templateId,
                "diskSize", gigabytes,
                "region", "ny2"))
        .ok();
  }

  /** Waits for an event to end. */
  public JsonNode awaitEnd(String eventId) {
    return await("the end of " + eventId)
        .atMost(JOB_LIMIT)
        .pollDelay(Duration.ZERO)
        .pollInterval(Duration.ofMillis(50))
        .until(
            () -> get("/machine-events/" + eventId).ok(),
            event -> FINAL.contains(event.path("state").asText()));
  }

  /**
   * Waits for the event in an answer to end well, and returns the object that the answer is about.
   */
  public JsonNode awaitDone(JsonNode dataAndEvent) {
    var event = awaitEnd(dataAndEvent.path("event").path("id").asText());
    assertThat(event.path("state").asText()).as("%s", event).isEqualTo("done");
    return dataAndEvent.path("data");
  }

  /** Captures a machine and waits until that is done; returns the template's id. */
  public String captured(String machineId, String name) {
    return awaitDone(capture(machineId, name)).path("id").asText();
  }

  /** Deletes a template for good. */
  public void purge(String templateId) {
    delete("/custom-templates/" + templateId + "?purge=true").ok();
  }

  /** Captures a machine, which fails and leaves no template; returns the reason. */
  public String captureFails(String machineId) {
    var begun = capture(machineId, "fails");
    var ended = awaitEnd(begun.path("event").path("id").asText());
    assertThat(ended.path("state").asText()).isEqualTo("error");
    get("/custom-templates/" + begun.path("data").path("id").asText()).error(404, "NOT_FOUND");
    return ended.path("error").asText();
  }

  /** Launches a machine and waits until that is done; returns its id. */
  public String launched(String templateId, int gigabytes, String name) {
    return awaitDone(launch(templateId, gigabytes, name)).path("id").asText();
  }
}
