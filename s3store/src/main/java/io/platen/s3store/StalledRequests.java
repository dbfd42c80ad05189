package io.platen.s3store;

import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.SocketTimeoutException;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.http.ContentStreamProvider;
import software.amazon.awssdk.http.ExecutableHttpRequest;
import software.amazon.awssdk.http.HttpExecuteRequest;
import software.amazon.awssdk.http.HttpExecuteResponse;
import software.amazon.awssdk.http.SdkHttpClient;

/**
 * Sends requests, and ends those whose bytes the server does not take. The limits of a socket are
 * for reads and connecting; a write waits for as long as the other side's kernel lives, whatever
 * has become of the server itself. Each such wait would be one of the few uploads of the process.
 */
final class StalledRequests implements SdkHttpClient {
  private final SdkHttpClient http;
  private final Duration limit;
  private final Set<Sending> sending = ConcurrentHashMap.newKeySet();
  private final AtomicBoolean watched = new AtomicBoolean();
  private volatile boolean closed;

  /**
   * @param http sends them, and is closed with this
   * @param limit how long nothing may be taken, or answered after that
   */
  StalledRequests(SdkHttpClient http, Duration limit) {
    this.http = http;
    this.limit = limit;
  }

  @Override
  public ExecutableHttpRequest prepareRequest(HttpExecuteRequest request) {
    ContentStreamProvider body = request.contentStreamProvider().orElse(null);
    return body == null ? http.prepareRequest(request) : new Sending(request, body);
  }

  private void watch() {
    if (watched.compareAndSet(false, true)) {
      Thread.ofVirtual().name("stalled-requests").start(this::look);
    }
  }

  private void look() {
    try {
      while (!closed) {
        Thread.sleep(limit.dividedBy(10));
        long now = System.nanoTime();
        for (Sending each : sending) {
          each.endIfStalled(now);
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  @Override
  public void close() {
    closed = true;
    http.close();
  }

  /** A request with a body. */
  private final class Sending implements ExecutableHttpRequest {
    private final ExecutableHttpRequest request;

    /** When bytes were asked for last, to be sent; null before that. */
    private volatile @Nullable Long movedAt;

    private volatile boolean stalled;

    Sending(HttpExecuteRequest request, ContentStreamProvider body) {
      this.request =
          http.prepareRequest(
              HttpExecuteRequest.builder()
                  .request(request.httpRequest())
                  .contentStreamProvider(() -> moving(body.newStream()))
                  .metricCollector(request.metricCollector().orElse(null))
                  .build());
    }

    private InputStream moving(InputStream body) {
      return new FilterInputStream(body) {
        @Override
        public int read() throws IOException {
          movedAt = System.nanoTime();
          return super.read();
        }

        @Override
        public int read(byte[] bytes, int offset, int length) throws IOException {
          movedAt = System.nanoTime();
          return super.read(bytes, offset, length);
        }
      };
    }

    void endIfStalled(long now) {
      Long last = movedAt;
      if (last != null && now - last > limit.toNanos()) {
        stalled = true;
        request.abort();
      }
    }

    @Override
    public HttpExecuteResponse call() throws IOException {
      sending.add(this);
      watch();
      try {
        return request.call();
      } catch (IOException | RuntimeException e) {
        if (!stalled) {
          throw e;
        }
        var end =
            new SocketTimeoutException(
                "the server took no more of the bytes for " + limit.toSeconds() + " s");
        end.addSuppressed(e);
        throw end;
      } finally {
        sending.remove(this);
      }
    }

    @Override
    public void abort() {
      request.abort();
    }
  }
}
