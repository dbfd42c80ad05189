package io.platen.notice;

import io.platen.config.NotifySettings;
import java.io.IOException;
import java.net.ConnectException;
import java.net.http.HttpClient;
import java.net.http.HttpConnectTimeoutException;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.net.http.HttpTimeoutException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Objects;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** Posts notices, signed as the Standard Webhooks specification says. */
final class Webhook implements AutoCloseable {
  private static final Duration CONNECT_LIMIT = Duration.ofSeconds(5);

  /** From the connection to the last byte of the answer. */
  private static final Duration LIMIT = Duration.ofSeconds(15);

  private static final int OK = 200;
  private static final int REDIRECTS = 300;
  private static final int CLIENT_ERRORS = 400;

  private final NotifySettings settings;
  private final InstantSource clock;

  /**
   * Redirects are never followed: they could lead anywhere, into the operator's own network too.
   */
  private final HttpClient http =
      HttpClient.newBuilder()
          .version(HttpClient.Version.HTTP_1_1)
          .followRedirects(HttpClient.Redirect.NEVER)
          .connectTimeout(CONNECT_LIMIT)
          .build();

  Webhook(NotifySettings settings, InstantSource clock) {
    this.settings = settings;
    this.clock = clock;
  }

  /**
   * Posts a notice; what comes back with a 2xx is taken.
   *
   * @throws IOException where it is not taken; the message says why, without the address
   */
  void post(Notice notice) throws IOException, InterruptedException {
    // Read each time: a new secret holds from the next notice on.
    var secret = SigningSecret.read(settings.secretFile());
    var now = clock.instant();
    var request =
        HttpRequest.newBuilder(settings.url())
            .timeout(LIMIT)
            .header("Content-Type", "application/json")
            .header("User-Agent", "Platen")
            .header("webhook-id", notice.id())
            .header("webhook-timestamp", Long.toString(now.getEpochSecond()))
            .header("webhook-signature", secret.sign(notice.id(), now, notice.body()))
            .POST(BodyPublishers.ofString(notice.body()))
            .build();
    int status = send(request);
    if (status < OK || status >= REDIRECTS) {
      throw new IOException(
          status >= REDIRECTS && status < CLIENT_ERRORS
              ? "it answers %d, a redirect, which is not followed".formatted(status)
              : "it answers " + status);
    }
  }

  private int send(HttpRequest request) throws IOException, InterruptedException {
    // The request's own limit ends with the head of the answer; this one holds for the body too.
    var answer = http.sendAsync(request, BodyHandlers.discarding());
    try {
      return answer.get(LIMIT.toMillis(), TimeUnit.MILLISECONDS).statusCode();
    } catch (ExecutionException e) {
      throw new IOException(reason(Objects.requireNonNullElse(e.getCause(), e)), e);
    } catch (TimeoutException e) {
      throw new IOException("no answer within %d s".formatted(LIMIT.toSeconds()), e);
    } finally {
      var _ = answer.cancel(true);
    }
  }

  private static String reason(Throwable failure) {
    return switch (failure) {
      case HttpConnectTimeoutException _ ->
          "no connection within %d s".formatted(CONNECT_LIMIT.toSeconds());
      case HttpTimeoutException _ -> "no answer within %d s".formatted(LIMIT.toSeconds());
      case ConnectException _ -> "it can't be reached";
      default -> failure.getMessage() == null ? failure.toString() : failure.getMessage();
    };
  }

  @Override
  public void close() {
    http.shutdownNow();
  }
}
