package io.platen.s3store;

import io.platen.chunkstore.StoreFull;
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
import java.time.Duration;
import java.time.Instant;
import java.time.format.DateTimeFormatter;
import java.util.Collection;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.core.exception.NonRetryableException;
import software.amazon.awssdk.core.exception.RetryableException;
import software.amazon.awssdk.core.exception.SdkClientException;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.core.sync.RequestBody;
import software.amazon.awssdk.services.s3.model.CommonPrefix;
import software.amazon.awssdk.services.s3.model.DeleteObjectsResponse;
import software.amazon.awssdk.services.s3.model.DeletedObject;
import software.amazon.awssdk.services.s3.model.GetObjectResponse;
import software.amazon.awssdk.services.s3.model.HeadObjectResponse;
import software.amazon.awssdk.services.s3.model.ListObjectsV2Request;
import software.amazon.awssdk.services.s3.model.ListObjectsV2Response;
import software.amazon.awssdk.services.s3.model.ObjectIdentifier;
import software.amazon.awssdk.services.s3.model.PutObjectResponse;
import software.amazon.awssdk.services.s3.model.S3Error;
import software.amazon.awssdk.services.s3.model.S3Exception;
import software.amazon.awssdk.services.s3.model.S3Object;

/**
 * The objects below a location's prefix, each operation one request, or as many as its retries and
 * pages take. What a server answers, or that it does not, becomes "there", "not there", or a {@link
 * StoreUnavailable} that says what was asked and what came back.
 */
final class Bucket implements Closeable {
  /** The most keys that one request deletes; the protocol's limit. */
  static final int MOST_DELETED = 1000;

  private static final int FORBIDDEN = 403;
  private static final int NOT_FOUND = 404;
  private static final int PRECONDITION_FAILED = 412;
  private static final int NO_ROOM = 507;
  private static final int REQUEST_TIMEOUT = 408;

  /** How a server says that it does not know a request, or misses something in it. */
  private static final Set<Integer> NOT_UNDERSTOOD = Set.of(400, 405, 411, 501);

  private static final int SINGLE_DELETES = 16;
  private static final int REST_BYTES = 8192;
  private static final int COPIED_BYTES = 1 << 16;
  private static final Set<String> OTHER_REGION =
      Set.of("AuthorizationHeaderMalformed", "InvalidRegion");
  private static final Set<String> FULL = Set.of("QuotaExceeded", "XMinioStorageFull");

  /** For how long a failure counts as the state of the server. */
  private static final long FAILURE_NANOS = Duration.ofSeconds(30).toNanos();

  private final S3Location location;
  private final S3Connection connection;
  private final String prefix;

  /** When the last request failed, by {@link System#nanoTime}; null where it was answered. */
  private volatile @Nullable Long failedAt;

  /** Whether the server does not take requests that delete many objects. */
  private volatile boolean deletesSingly;

  Bucket(S3Location location) throws IOException {
    this(location, S3Connection.Patience.USUAL);
  }

  /** With another patience, for tests. */
  Bucket(S3Location location, S3Connection.Patience patience) throws IOException {
    this.location = location;
    this.connection = S3Connection.of(location, patience);
    this.prefix = location.prefix().isEmpty() ? "" : location.prefix() + "/";
  }

  String place() {
    return location.place();
  }

  String place(String key) {
    return location.place(key);
  }

  /** Whether the server answered when it was last asked, or was asked long ago. */
  boolean answered() {
    Long at = failedAt;
    return at == null || System.nanoTime() - at > FAILURE_NANOS;
  }

  /**
   * Whether an object is there, in one request. It may say that it is not where the bucket itself
   * is not there; a put then says so.
   */
  boolean seems(String key) throws IOException {
    HeadObjectResponse answer;
    try {
      answer = send(() -> head(key));
    } catch (SdkException e) {
      if (status(e).orElse(0) != NOT_FOUND) {
        requireMissing("HEAD", key, e);
      }
      return false;
    }
    if (answer.eTag() == null) {
      throw strange("HEAD " + key + " was answered without an ETag");
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
      bytes = send(() -> head(key)).contentLength();
    } catch (SdkException e) {
      requireMissing("HEAD", key, e);
      return OptionalLong.empty();
    }
    if (bytes == null) {
      throw strange("HEAD " + key + " was answered without a length");
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
      answeredNow();
      return got;
    }
    try {
      long bytes =
          send(
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

  /** What has none is no object: a page of a proxy's, for one, may be 200 whatever was asked. */
  private static void requireTag(GetObjectResponse response) {
    if (response.eTag() == null) {
      throw NonRetryableException.create("the answer has no ETag, so it is no S3 server's");
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
      send(
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
      answeredNow();
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
        ask(
            what,
            () ->
                connection
                    .retrying()
                    .putObject(put -> put.bucket(location.bucket()).key(prefix + key), body));
    if (answer.eTag() == null) {
      // A page of a proxy's, for one, which may be 200 whatever was asked.
      throw strange(
          what + " was answered, but without an ETag: check that the endpoint is an S3 server's");
    }
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
      return status(e).orElse(0) == PRECONDITION_FAILED;
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

  /** Removes an object; one that is not there is removed already. */
  void delete(String key) throws IOException {
    try {
      send(
          () ->
              connection
                  .retrying()
                  .deleteObject(delete -> delete.bucket(location.bucket()).key(prefix + key)));
    } catch (SdkException e) {
      if (!isMissing(e)) {
        throw failure("DELETE " + key, e);
      }
    }
  }

  /** Whether a deletion was answered that there is no such object, which some servers do. */
  private static boolean isMissing(SdkException e) {
    return status(e).orElse(0) == NOT_FOUND && "NoSuchKey".equals(code(e));
  }

  /**
   * What became of objects that were to be deleted.
   *
   * @param gone keys that are gone
   * @param kept keys that the server refused to delete; of all others it is not known
   * @param refusal why; null where nothing was refused
   * @param doubt what came instead of an answer for others; null where nothing did
   */
  record Deletion(
      Set<String> gone,
      Set<String> kept,
      @Nullable IOException refusal,
      @Nullable IOException doubt) {}

  /**
   * Deletes objects, and asks for none of them twice: by one request for all of them, or by one for
   * each where the server knows no others.
   *
   * @param keys at most {@link #MOST_DELETED}
   */
  Deletion deleteOnce(List<String> keys) {
    if (!deletesSingly) {
      try {
        return deleteTogether(keys);
      } catch (S3Exception e) {
        noteFailure(e);
        if (!NOT_UNDERSTOOD.contains(e.statusCode())) {
          return unanswered(e, Set.of(), keys);
        }
        // It was answered, so nothing is deleted: each may be asked for.
        deletesSingly = true;
      } catch (SdkException e) {
        noteFailure(e);
        return unanswered(e, Set.of(), keys);
      }
    }
    return deleteEach(keys);
  }

  private Deletion unanswered(SdkException e, Set<String> gone, Collection<String> others) {
    return isRefusal(e)
        ? new Deletion(gone, Set.copyOf(others), failure("DELETE", e), null)
        : new Deletion(gone, Set.of(), null, failure("DELETE", e));
  }

  /** Whether an answer says that nothing was done, for sure. */
  private static boolean isRefusal(SdkException e) {
    int status = status(e).orElse(0);
    return status >= 300 && status < 500 && status != REQUEST_TIMEOUT;
  }

  private Deletion deleteTogether(List<String> keys) {
    List<ObjectIdentifier> objects =
        keys.stream().map(key -> ObjectIdentifier.builder().key(prefix + key).build()).toList();
    DeleteObjectsResponse response =
        send(
            () ->
                connection
                    .once()
                    .deleteObjects(
                        delete ->
                            delete.bucket(location.bucket()).delete(all -> all.objects(objects))));
    Set<String> gone = new HashSet<>();
    for (DeletedObject each : response.deleted()) {
      gone.add(each.key().substring(prefix.length()));
    }
    Set<String> kept = new HashSet<>();
    IOException refusal = null;
    IOException doubt = unavailable("DELETE was answered, but not for each key");
    for (S3Error error : response.errors()) {
      if (error.key() == null) {
        continue;
      }
      String key = error.key().substring(prefix.length());
      if ("NoSuchKey".equals(error.code())) {
        gone.add(key);
        continue;
      }
      String what = "DELETE " + key + " was answered " + error.code();
      if ("AccessDenied".equals(error.code())) {
        kept.add(key);
        refusal = unavailable(what + remedy(FORBIDDEN, error.code()));
      } else {
        doubt = unavailable(what);
      }
    }
    return new Deletion(
        gone, kept, refusal, gone.size() + kept.size() < keys.size() ? doubt : null);
  }

  private Deletion deleteEach(List<String> keys) {
    Set<String> gone = ConcurrentHashMap.newKeySet();
    Set<String> kept = ConcurrentHashMap.newKeySet();
    AtomicReference<@Nullable IOException> refusal = new AtomicReference<>();
    AtomicReference<@Nullable IOException> doubt = new AtomicReference<>();
    Semaphore atOnce = new Semaphore(SINGLE_DELETES);
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      for (String key : keys) {
        atOnce.acquireUninterruptibly();
        threads.execute(
            () -> {
              try {
                send(
                    () ->
                        connection
                            .once()
                            .deleteObject(
                                delete -> delete.bucket(location.bucket()).key(prefix + key)));
                gone.add(key);
              } catch (SdkException e) {
                if (isMissing(e)) {
                  gone.add(key);
                } else if (isRefusal(e)) {
                  kept.add(key);
                  refusal.set(failure("DELETE " + key, e));
                } else {
                  doubt.set(failure("DELETE " + key, e));
                }
              } finally {
                atOnce.release();
              }
            });
      }
    }
    return new Deletion(gone, kept, refusal.get(), doubt.get());
  }

  /** An object of a list. */
  @FunctionalInterface
  interface ObjectVisitor {
    /** False ends the list. */
    boolean visit(String key, long bytes) throws IOException;
  }

  /**
   * Lists objects in the order of their keys.
   *
   * @param start what their keys begin with
   * @param after only those whose keys are greater; null for all
   * @return whether all were visited
   */
  boolean list(String start, @Nullable String after, ObjectVisitor visitor) throws IOException {
    return visitPages(
        start,
        ListObjectsV2Request.builder().startAfter(after == null ? null : prefix + after),
        visitor);
  }

  /** Lists the objects whose keys have no slash but those that they begin with. */
  boolean listFolder(String start, ObjectVisitor visitor) throws IOException {
    return visitPages(start, ListObjectsV2Request.builder().delimiter("/"), visitor);
  }

  private boolean visitPages(
      String start, ListObjectsV2Request.Builder request, ObjectVisitor visitor)
      throws IOException {
    return pages(
        start,
        request,
        page -> {
          for (S3Object object : page.contents()) {
            if (!visitor.visit(object.key().substring(prefix.length()), object.size())) {
              return false;
            }
          }
          return true;
        });
  }

  /** The names before the first slash of keys that begin so, each with that slash. */
  List<String> folders(String start) throws IOException {
    Set<String> names = new LinkedHashSet<>();
    pages(
        start,
        ListObjectsV2Request.builder().delimiter("/"),
        page -> {
          for (CommonPrefix each : page.commonPrefixes()) {
            names.add(each.prefix().substring(prefix.length()));
          }
          return true;
        });
    return List.copyOf(names);
  }

  /** Hears of a page of a list. */
  @FunctionalInterface
  private interface PageVisitor {
    /** False ends the list. */
    boolean visit(ListObjectsV2Response page) throws IOException;
  }

  /**
   * Asks for the pages of a list, of which any may hold little or nothing. What is not wholly told
   * is no list: what it leaves out would be taken for missing.
   */
  private boolean pages(String start, ListObjectsV2Request.Builder request, PageVisitor visitor)
      throws IOException {
    request.bucket(location.bucket()).prefix(prefix + start);
    String what = "LIST " + start;
    String token = null;
    do {
      ListObjectsV2Response page =
          ask(what, () -> connection.retrying().listObjectsV2(request.build()));
      if (!isList(page)) {
        throw strange(
            what + " was answered, but by no list: check that the endpoint is an S3 server's");
      }
      boolean more = Boolean.TRUE.equals(page.isTruncated());
      String next = more ? page.nextContinuationToken() : null;
      if (more && (next == null || next.equals(token))) {
        throw strange(
            what
                + " was answered by a part of a list that does not say how to continue: the server"
                + " must know ListObjectsV2");
      }
      if (!visitor.visit(page)) {
        return false;
      }
      token = next;
      request.continuationToken(token);
    } while (token != null);
    return true;
  }

  /** Servers leave out one or the other of what a list says of itself, and none of them all. */
  private static boolean isList(ListObjectsV2Response page) {
    return page.isTruncated() != null || page.name() != null || page.keyCount() != null;
  }

  /** An answer that no S3 server gives. */
  private StoreUnavailable strange(String what) {
    failedAt = System.nanoTime();
    return unavailable(what);
  }

  private StoreUnavailable unavailable(String what) {
    return new StoreUnavailable(place() + ": " + what, new IOException(what));
  }

  private <R> R ask(String what, Supplier<R> request) throws IOException {
    try {
      return send(request);
    } catch (SdkException e) {
      throw failure(what, e);
    }
  }

  /** Sends a request. The SDK lets some failures through that come while it reads an answer. */
  private <R> R send(Supplier<R> request) {
    R answer;
    try {
      answer = request.get();
    } catch (UncheckedIOException e) {
      throw SdkClientException.create(String.valueOf(e.getMessage()), e);
    }
    answeredNow();
    return answer;
  }

  /**
   * Returns where an answer says that there is no such object, and throws otherwise. A bucket that
   * is not there has none either, which says nothing of the store; and where a user may not list,
   * some servers answer 403 to what is missing.
   */
  private void requireMissing(String method, String key, SdkException e) throws IOException {
    int status = status(e).orElse(0);
    // The SDK makes up a code where an answer to HEAD has none.
    boolean maybe = status == FORBIDDEN || method.equals("HEAD") || !"NoSuchKey".equals(code(e));
    if (status != NOT_FOUND && status != FORBIDDEN) {
      throw failure(method + " " + key, e);
    }
    if (maybe && isListed(key)) {
      throw failure(method + " " + key, e);
    }
  }

  private boolean isListed(String key) throws IOException {
    boolean[] found = new boolean[1];
    list(
        key,
        null,
        (listed, bytes) -> {
          found[0] = listed.equals(key);
          return false;
        });
    return found[0];
  }

  private IOException failure(String what, SdkException e) {
    noteFailure(e);
    String code = code(e);
    if (status(e).orElse(0) == NO_ROOM || (code != null && FULL.contains(code))) {
      return new StoreFull(place(), "on that server", new IOException(words(what, e), e));
    }
    return new StoreUnavailable(place() + ": " + words(what, e), e);
  }

  private void answeredNow() {
    failedAt = null;
  }

  private void noteFailure(SdkException e) {
    int status = status(e).orElse(0);
    if (status == 0 || status >= 500 || status == FORBIDDEN || status == NOT_FOUND) {
      failedAt = System.nanoTime();
    }
  }

  private static OptionalInt status(SdkException e) {
    return e instanceof S3Exception s3 && s3.statusCode() > 0
        ? OptionalInt.of(s3.statusCode())
        : OptionalInt.empty();
  }

  /** Answers to HEAD have no code. */
  private static @Nullable String code(SdkException e) {
    return e instanceof S3Exception s3 && s3.awsErrorDetails() != null
        ? s3.awsErrorDetails().errorCode()
        : null;
  }

  private static String words(String what, SdkException e) {
    OptionalInt status = status(e);
    if (status.isEmpty()) {
      return what + " got no answer: " + innermost(e);
    }
    String code = code(e);
    return what
        + " was answered "
        + status.getAsInt()
        + (code == null ? "" : " " + code)
        + remedy(status.getAsInt(), code);
  }

  private static String innermost(Throwable e) {
    Throwable cause = e;
    while (cause.getCause() != null) {
      cause = cause.getCause();
    }
    String said = cause.getMessage();
    return said == null ? cause.getClass().getSimpleName() : said;
  }

  private static String remedy(int status, @Nullable String code) {
    if ("InvalidObjectState".equals(code)) {
      return ": the object is in an archive: restore it, and end the rule that moves objects there";
    }
    if ((status >= 300 && status < 400) || (code != null && OTHER_REGION.contains(code))) {
      return ": check the region, and that the endpoint is this bucket's";
    }
    if (status == FORBIDDEN) {
      return "RequestTimeTooSkewed".equals(code)
          ? ": set this host's clock"
          : ": check the credentials, and that they may list the bucket and get, put and delete"
              + " objects";
    }
    return status == NOT_FOUND ? ": check the name of the bucket" : "";
  }

  @Override
  public void close() {
    connection.close();
  }
}
