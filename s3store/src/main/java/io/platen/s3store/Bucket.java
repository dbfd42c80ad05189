package io.platen.s3store;

import io.platen.chunkstore.StoreUnavailable;
import java.io.ByteArrayInputStream;
import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.ReadableByteChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.format.DateTimeFormatter;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.core.exception.NonRetryableException;
import software.amazon.awssdk.core.exception.RetryableException;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.core.sync.RequestBody;
import software.amazon.awssdk.services.s3.model.GetObjectResponse;
import software.amazon.awssdk.services.s3.model.HeadObjectResponse;
import software.amazon.awssdk.services.s3.model.PutObjectResponse;

/**
 * The objects below a location's prefix, each operation one request, or as many as its retries and
 * pages take. What a server answers, or that it does not, becomes "there", "not there", or a {@link
 * StoreUnavailable} that says what was asked and what came back.
 */
final class Bucket implements Closeable {
  private static final int REST_BYTES = 8192;
  private static final int COPIED_BYTES = 1 << 16;

  private final S3Location location;
  private final S3Connection connection;
  private final String prefix;
  private final Requests requests;
  private final Deletions deletions;
  private final Lists lists;

  Bucket(S3Location location) throws IOException {
    this(location, S3Connection.Patience.USUAL);
  }

  /** With another patience, for tests. */
  Bucket(S3Location location, S3Connection.Patience patience) throws IOException {
    this.location = location;
    this.connection = S3Connection.of(location, patience);
    this.prefix = location.prefix().isEmpty() ? "" : location.prefix() + "/";
    requests = new Requests(location);
    deletions = new Deletions(connection, requests, location.bucket(), prefix);
    lists = new Lists(connection, requests, location.bucket(), prefix);
  }

  String place() {
    return location.place();
  }

  String place(String key) {
    return location.place(key);
  }

  /** See {@link Requests#answered}. */
  boolean answered() {
    return requests.answered();
  }

  Deletions deletions() {
    return deletions;
  }

  Lists lists() {
    return lists;
  }

  /**
   * Whether an object is there, in one request. It may say that it is not where the bucket itself
   * is not there; a put then says so.
   */
  boolean seems(String key) throws IOException {
    HeadObjectResponse answer;
    try {
      answer = requests.send(() -> head(key));
    } catch (SdkException e) {
      if (Answer.status(e).orElse(0) != Answer.NOT_FOUND) {
        requireMissing("HEAD", key, e);
      }
      return false;
    }
    if (!connection.tags().acceptsRead(answer.eTag())) {
      throw requests.strange("HEAD " + key + " was answered without an ETag");
    }
    return true;
  }

  private HeadObjectResponse head(String key) {
    return connection
        .retrying()
        .headObject(head -> head.bucket(location.bucket()).key(prefix + key));
  }

  /** Bytes of an object; empty where there is none. */
  OptionalLong size(String key) throws IOException {
    Long bytes;
    try {
      bytes = requests.send(() -> head(key)).contentLength();
    } catch (SdkException e) {
      requireMissing("HEAD", key, e);
      return OptionalLong.empty();
    }
    if (bytes == null) {
      throw requests.strange("HEAD " + key + " was answered without a length");
    }
    return OptionalLong.of(bytes);
  }

  /**
   * Reads an object into a buffer, from its position on, and flips it.
   *
   * @param most how many bytes it may have
   * @return its bytes, of which none were read where they are more than that; empty where there is
   *     no such object
   */
  OptionalLong get(String key, ByteBuffer target, int most) throws IOException {
    int start = target.position();
    target.limit((int) Math.min(target.capacity(), (long) start + most));
    OptionalLong got = connection.bare().get(key, target);
    if (got.isPresent()) {
      requests.answeredNow();
      return got;
    }
    try {
      long bytes =
          requests.send(
              () ->
                  connection
                      .retrying()
                      .getObject(
                          get -> get.bucket(location.bucket()).key(prefix + key),
                          (response, body) -> {
                            target.clear().position(start);
                            requireTag(response);
                            Long length = response.contentLength();
                            if (length == null) {
                              target.limit((int) Math.min(target.capacity(), (long) start + most));
                              return readAll(body, target, most);
                            }
                            if (length <= most && length <= target.remaining()) {
                              read(body, target);
                            } else {
                              // Otherwise it is read to its end, for its connection.
                              body.abort();
                            }
                            return length;
                          }));
      target.flip();
      return OptionalLong.of(bytes);
    } catch (SdkException e) {
      requireMissing("GET", key, e);
      return OptionalLong.empty();
    }
  }

  private void requireTag(GetObjectResponse response) {
    if (!connection.tags().acceptsRead(response.eTag())) {
      throw NonRetryableException.create(
          "the answer has no ETag, as this server's have, so it is not its");
    }
  }

  /** Reads what does not say how long it is; returns that, or what is more than it may be. */
  private static long readAll(InputStream body, ByteBuffer target, int most) {
    int start = target.position();
    read(body, target);
    long bytes = (long) target.position() - start;
    ByteBuffer rest = ByteBuffer.allocate(REST_BYTES);
    do {
      read(body, rest.clear());
      bytes += rest.position();
    } while (bytes <= most && !rest.hasRemaining());
    return bytes;
  }

  private static void read(InputStream body, ByteBuffer target) {
    // Closing is the SDK's affair.
    ReadableByteChannel channel = Channels.newChannel(body);
    try {
      while (target.hasRemaining() && channel.read(target) >= 0) {
        // Until the end.
      }
    } catch (IOException e) {
      // Only this type makes the SDK ask again for what broke off.
      throw RetryableException.create("the answer broke off: " + e.getMessage(), e);
    }
  }

  /**
   * Reads an object into a file, which is made or written anew; false where there is no such
   * object.
   */
  boolean get(String key, Path file) throws IOException {
    AtomicReference<@Nullable IOException> own = new AtomicReference<>();
    try {
      requests.send(
          () ->
              connection
                  .retrying()
                  .getObject(
                      get -> get.bucket(location.bucket()).key(prefix + key),
                      (response, body) -> {
                        requireTag(response);
                        return write(body, file, own);
                      }));
      return true;
    } catch (SdkException e) {
      IOException failure = own.get();
      if (failure != null) {
        // Says nothing of the server.
        throw new StoreUnavailable(
            "%s, to which %s is fetched: %s".formatted(file, place(key), failure.getMessage()),
            failure);
      }
      requireMissing("GET", key, e);
      return false;
    }
  }

  /**
   * Writes what is read.
   *
   * @param own gets what the file's own failure is
   */
  private static boolean write(
      InputStream body, Path file, AtomicReference<@Nullable IOException> own) {
    try (OutputStream to = Files.newOutputStream(file)) {
      byte[] bytes = new byte[COPIED_BYTES];
      ByteBuffer some = ByteBuffer.wrap(bytes);
      do {
        read(body, some.clear());
        to.write(bytes, 0, some.position());
      } while (!some.hasRemaining());
      return true;
    } catch (IOException e) {
      own.set(e);
      throw NonRetryableException.create("the file can't be written", e);
    }
  }

  /** Stores bytes, which belong to the bucket until this returns. */
  void put(String key, byte[] bytes) throws IOException {
    if (connection.bare().put(key, bytes)) {
      requests.answeredNow();
      return;
    }
    put(
        key,
        RequestBody.fromContentProvider(
            () -> new ByteArrayInputStream(bytes), bytes.length, "application/octet-stream"));
  }

  /** Stores a file. */
  void put(String key, Path file) throws IOException {
    // Not fromFile, which guesses a type from the name.
    put(
        key,
        RequestBody.fromContentProvider(
            () -> open(file), Files.size(file), "application/octet-stream"));
  }

  private static InputStream open(Path file) {
    try {
      return Files.newInputStream(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private void put(String key, RequestBody body) throws IOException {
    String what = "PUT " + key;
    PutObjectResponse answer =
        requests.ask(
            what,
            () ->
                connection
                    .retrying()
                    .putObject(put -> put.bucket(location.bucket()).key(prefix + key), body));
    if (!connection.tags().acceptsPut(answer.eTag())) {
      throw requests.strange(
          what
              + " was answered, but without an ETag, as this server's answers have: check what"
              + " stands before it");
    }
  }

  /** Whether any of the server's answers had an ETag. */
  boolean givesTags() {
    return connection.tags().given();
  }

  /** Whether the server refuses a put that may not replace what is there. */
  boolean refusesToReplace(String key, byte[] bytes) {
    try {
      connection
          .once()
          .putObject(
              put -> put.bucket(location.bucket()).key(prefix + key).ifNoneMatch("*"),
              RequestBody.fromBytes(bytes));
      return false;
    } catch (SdkException e) {
      return Answer.status(e).orElse(0) == Answer.PRECONDITION_FAILED;
    }
  }

  /** The server's time, as it says with an answer; empty where it does not. */
  Optional<Instant> date() {
    try {
      return connection
          .retrying()
          .listObjectsV2(list -> list.bucket(location.bucket()).prefix(prefix).maxKeys(1))
          .sdkHttpResponse()
          .firstMatchingHeader("Date")
          .map(text -> DateTimeFormatter.RFC_1123_DATE_TIME.parse(text, Instant::from));
    } catch (SdkException | DateTimeException e) {
      return Optional.empty();
    }
  }

  /**
   * Returns where an answer says that there is no such object, and throws otherwise. A bucket that
   * is not there has none either, which says nothing of the store; and where a user may not list,
   * some servers answer 403 to what is missing.
   */
  private void requireMissing(String method, String key, SdkException e) throws IOException {
    int status = Answer.status(e).orElse(0);
    // The SDK makes up a code where an answer to HEAD has none.
    boolean maybe =
        status == Answer.FORBIDDEN || method.equals("HEAD") || !"NoSuchKey".equals(Answer.code(e));
    if (status != Answer.NOT_FOUND && status != Answer.FORBIDDEN) {
      throw requests.failure(method + " " + key, e);
    }
    if (maybe && isListed(key)) {
      throw requests.failure(method + " " + key, e);
    }
  }

  private boolean isListed(String key) throws IOException {
    boolean[] found = new boolean[1];
    lists.objects(
        key,
        null,
        (listed, bytes) -> {
          found[0] = listed.equals(key);
          return false;
        });
    return found[0];
  }

  @Override
  public void close() {
    connection.close();
  }
}
