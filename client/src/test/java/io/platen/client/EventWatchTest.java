package io.platen.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpServer;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Queue;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

final class EventWatchTest {
  private record Reply(int status, String body) {}

  private final Queue<Reply> replies = new ArrayDeque<>();
  private final ByteArrayOutputStream shown = new ByteArrayOutputStream();

  @SuppressWarnings("NullAway.Init")
  private HttpServer server;

  @SuppressWarnings("NullAway.Init")
  private Api api;

  @BeforeEach
  void start() throws IOException {
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext(
        "/",
        exchange -> {
          boolean progress = exchange.getRequestURI().getPath().endsWith("/progress");
          var reply =
              progress
                  ? new Reply(200, "{\"phase\":\"capturing\",\"bytesDone\":1,\"bytesTotal\":2}")
                  : replies.remove();
          byte[] body = reply.body().getBytes(StandardCharsets.UTF_8);
          exchange.sendResponseHeaders(reply.status(), body.length);
          exchange.getResponseBody().write(body);
          exchange.close();
        });
    server.start();
    api = new Api(new Login("http://127.0.0.1:" + server.getAddress().getPort(), "key"));
  }

  @AfterEach
  void end() {
    api.close();
    server.stop(0);
  }

  private Api.Answer awaitEnd() throws IOException {
    return new EventWatch(api, new PrintStream(shown, true, StandardCharsets.UTF_8))
        .awaitEnd("ev1");
  }

  private static Reply event(String state) {
    return new Reply(
        200,
        "{\"id\":\"ev1\",\"name\":\"create\",\"state\":\"%s\",\"error\":null}".formatted(state));
  }

  @Test
  void aServerThatIsBusyOrStartsAgainIsWaitedFor() throws Exception {
    replies.addAll(
        List.of(
            event("new"),
            new Reply(503, "{\"code\":\"INTERNAL_SERVER_ERROR\",\"message\":\"away\"}"),
            new Reply(429, "{\"code\":\"TOO_MANY_REQUESTS\",\"message\":\"slower\"}"),
            event("in progress"),
            event("done")));
    assertThat(EventWatch.exitStatus(awaitEnd().json())).isEqualTo(ExitStatus.DONE);
    assertThat(replies).isEmpty();
    assertThat(shown.toString(StandardCharsets.UTF_8)).contains("create").contains("done");
  }

  @Test
  void anEventThatIsNotThereIsNotWaitedFor() {
    replies.add(new Reply(404, "{\"code\":\"NOT_FOUND\",\"message\":\"no such event\"}"));
    assertThatThrownBy(this::awaitEnd)
        .isInstanceOfSatisfying(
            Refused.class,
            refused -> assertThat(refused.exitStatus()).isEqualTo(ExitStatus.NOT_FOUND))
        .hasMessage("no such event");
  }

  @Test
  void whatWasCancelledHasFailed() throws Exception {
    replies.add(event("cancelled"));
    assertThat(EventWatch.exitStatus(awaitEnd().json())).isEqualTo(ExitStatus.FAILED);
  }

  @Test
  void everythingThatTheServerSaysOfARequestIsSaidOnce() {
    replies.add(
        new Reply(
            400,
            """
            {"code":"BAD_REQUEST","message":"The request is not valid.","details":{"issues":[
              {"path":"name","message":"must not be empty"},{"path":"name","message":"must not be empty"}]}}
            """));
    assertThatThrownBy(this::awaitEnd)
        .hasMessage("The request is not valid.\n  name: must not be empty");
  }

  @Test
  void anAnswerOfSomethingElseIsNoAnswer() {
    replies.add(new Reply(200, "<html>"));
    assertThatThrownBy(() -> api.get("/machine-events/ev1")).hasMessageContaining("not JSON");
  }
}
