package io.platen.s3store;

import java.io.ByteArrayInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.ReadableByteChannel;
import java.time.Duration;
import java.util.OptionalLong;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.auth.credentials.AwsCredentialsProvider;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.http.AbortableInputStream;
import software.amazon.awssdk.http.ContentStreamProvider;
import software.amazon.awssdk.http.HttpExecuteRequest;
import software.amazon.awssdk.http.HttpExecuteResponse;
import software.amazon.awssdk.http.SdkHttpClient;
import software.amazon.awssdk.http.SdkHttpMethod;
import software.amazon.awssdk.http.SdkHttpRequest;
import software.amazon.awssdk.http.auth.aws.signer.AwsV4HttpSigner;
import software.amazon.awssdk.http.auth.spi.signer.SignedRequest;

/**
 * Gets and puts of chunks, signed and sent by the same parts of the SDK as its client does, but
 * without that: what it does around each request takes more of the processor than the hash of a
 * chunk. A request is sent once. Whatever is not simply answered 200 is left to the client, which
 * asks again, waits, and knows what an answer means; all other requests are then, for a moment.
 */
final class BareRequests {
  private static final int OK = 200;
  private static final int NOT_FOUND = 404;

  /** What is no number of bytes. */
  private static final long NOTHING = -1;

  /** For how long nothing is sent after a failure. */
  private static final long PAUSE_NANOS = Duration.ofSeconds(1).toNanos();

  private final SdkHttpClient http;
  private final AwsCredentialsProvider credentials;
  private final AwsV4HttpSigner signer = AwsV4HttpSigner.create();
  private final String base;
  private final String region;
  private final LongSupplier clock;
  private final EntityTags tags;

  /** When one failed last; null before the first. */
  private volatile @Nullable Long failedAt;

  /**
   * Sends no request.
   *
   * @param base the URL of the bucket and the prefix, with a slash at its end
   * @param clock nanoseconds since some moment
   */
  BareRequests(
      SdkHttpClient http,
      AwsCredentialsProvider credentials,
      String base,
      String region,
      EntityTags tags,
      LongSupplier clock) {
    this.clock = clock;
    this.tags = tags;
    this.http = http;
    this.credentials = credentials;
    this.base = base;
    this.region = region;
  }

  /**
   * Reads an object into a buffer, from its position on, and flips it.
   *
   * @param key without the prefix; of letters, digits, dots and slashes
   * @param target when nothing was read, its position is what it was
   * @return the object's bytes; empty where it was not read, and the client is to be asked
   */
  OptionalLong get(String key, ByteBuffer target) {
    int start = target.position();
    long bytes = send(SdkHttpMethod.GET, key, null, target);
    if (bytes < 0) {
      target.clear().position(start);
      return OptionalLong.empty();
    }
    target.flip();
    return OptionalLong.of(bytes);
  }

  /**
   * Stores bytes.
   *
   * @param key as above
   * @return whether they are stored; otherwise the client is to be asked
   */
  boolean put(String key, byte[] bytes) {
    return send(SdkHttpMethod.PUT, key, bytes, null) >= 0;
  }

  /** Bytes that were read; negative where the request did not succeed. */
  private long send(
      SdkHttpMethod method, String key, byte @Nullable [] body, @Nullable ByteBuffer target) {
    Long failed = failedAt;
    if (failed != null && clock.getAsLong() - failed < PAUSE_NANOS) {
      return NOTHING;
    }
    try {
      HttpExecuteResponse response = http.prepareRequest(request(method, key, body)).call();
      int status = response.httpResponse().statusCode();
      if (status != OK && status != NOT_FOUND) {
        failedAt = clock.getAsLong();
      }
      return status == OK ? take(response, target) : drop(response);
    } catch (IOException | SdkException e) {
      // The client meets the same, and says so.
      failedAt = clock.getAsLong();
      return NOTHING;
    }
  }

  /** Reads an answer to its end, without which its connection could not be used again. */
  private long take(HttpExecuteResponse response, @Nullable ByteBuffer target) throws IOException {
    AbortableInputStream body =
        response.responseBody().orElseGet(AbortableInputStream::createEmpty);
    String tag = response.httpResponse().firstMatchingHeader("ETag").orElse(null);
    if (!(target == null ? tags.acceptsPut(tag) : tags.acceptsRead(tag))) {
      // Whatever answered, it has stored nothing, and this is no object.
      return drop(response);
    }
    if (target == null) {
      body.close();
      return 0;
    }
    long length = length(response);
    if (length < 0 || length > target.remaining()) {
      return drop(response);
    }
    target.limit(target.position() + (int) length);
    try {
      ReadableByteChannel channel = Channels.newChannel(body);
      while (target.hasRemaining()) {
        if (channel.read(target) < 0) {
          throw new EOFException("the answer broke off");
        }
      }
    } catch (IOException | RuntimeException e) {
      body.abort();
      throw e;
    }
    body.close();
    return length;
  }

  /** What an answer says of its length; negative where it says nothing that is one. */
  private static long length(HttpExecuteResponse response) {
    try {
      return response
          .httpResponse()
          .firstMatchingHeader("Content-Length")
          .map(Long::parseLong)
          .orElse(NOTHING);
    } catch (NumberFormatException e) {
      return NOTHING;
    }
  }

  /** Ends the connection of an answer that is of no use. */
  private static long drop(HttpExecuteResponse response) {
    response.responseBody().ifPresent(AbortableInputStream::abort);
    return NOTHING;
  }

  private HttpExecuteRequest request(SdkHttpMethod method, String key, byte @Nullable [] body) {
    SdkHttpRequest.Builder request =
        SdkHttpRequest.builder().method(method).uri(URI.create(base + key));
    ContentStreamProvider payload = body == null ? null : () -> new ByteArrayInputStream(body);
    if (body != null) {
      request
          .putHeader("Content-Length", Integer.toString(body.length))
          .putHeader("Content-Type", "application/octet-stream");
    }
    SignedRequest signed =
        signer.sign(
            sign ->
                sign.identity(credentials.resolveCredentials())
                    .request(request.build())
                    .payload(payload)
                    .putProperty(AwsV4HttpSigner.SERVICE_SIGNING_NAME, "s3")
                    .putProperty(AwsV4HttpSigner.REGION_NAME, region)
                    .putProperty(AwsV4HttpSigner.DOUBLE_URL_ENCODE, false)
                    .putProperty(AwsV4HttpSigner.NORMALIZE_PATH, false)
                    .putProperty(AwsV4HttpSigner.CHUNK_ENCODING_ENABLED, false)
                    .putProperty(AwsV4HttpSigner.PAYLOAD_SIGNING_ENABLED, true));
    return HttpExecuteRequest.builder()
        .request(signed.request())
        .contentStreamProvider(signed.payload().orElse(null))
        .build();
  }
}
