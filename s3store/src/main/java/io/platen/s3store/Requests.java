package io.platen.s3store;

import io.platen.chunkstore.StoreFull;
import io.platen.chunkstore.StoreUnavailable;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.core.exception.SdkClientException;
import software.amazon.awssdk.core.exception.SdkException;

/** Sends requests, and says what an answer that is none means for the store. */
final class Requests {
  /** For how long a failure counts as the state of the server. */
  private static final long FAILURE_NANOS = Duration.ofSeconds(30).toNanos();

  private final S3Location location;

  /** When the last request failed, by {@link System#nanoTime}; null where it was answered. */
  private volatile @Nullable Long failedAt;

  Requests(S3Location location) {
    this.location = location;
  }

  /** Whether the server answered when it was last asked, or was asked long ago. */
  boolean answered() {
    Long at = failedAt;
    return at == null || System.nanoTime() - at > FAILURE_NANOS;
  }

  /** An answer that no S3 server gives. */
  StoreUnavailable strange(String what) {
    failedAt = System.nanoTime();
    return unavailable(what);
  }

  StoreUnavailable unavailable(String what) {
    return new StoreUnavailable(location.place() + ": " + what, new IOException(what));
  }

  /**
   * Sends a request.
   *
   * @param what it is, for people
   */
  <R> R ask(String what, Supplier<R> request) throws IOException {
    try {
      return send(request);
    } catch (SdkException e) {
      throw failure(what, e);
    }
  }

  /** Sends a request. The SDK lets some failures through that come while it reads an answer. */
  <R> R send(Supplier<R> request) {
    R answer;
    try {
      answer = request.get();
    } catch (UncheckedIOException e) {
      throw SdkClientException.create(String.valueOf(e.getMessage()), e);
    }
    failedAt = null;
    return answer;
  }

  /** What failed, for whoever uses the store. */
  IOException failure(String what, SdkException e) {
    noteFailure(e);
    String words = Answer.words(what, e);
    return Answer.isFull(e)
        ? new StoreFull(location.place(), "on that server", new IOException(words, e))
        : new StoreUnavailable(location.place() + ": " + words, e);
  }

  /** Notes that the server answered a request that was sent another way. */
  void answeredNow() {
    failedAt = null;
  }

  /** Notes what a failure says of the server. */
  void noteFailure(SdkException e) {
    if (Answer.isOutage(e)) {
      failedAt = System.nanoTime();
    }
  }
}
