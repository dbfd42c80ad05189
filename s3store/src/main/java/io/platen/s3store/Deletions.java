package io.platen.s3store;

import java.io.IOException;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.services.s3.model.DeleteObjectsResponse;
import software.amazon.awssdk.services.s3.model.DeletedObject;
import software.amazon.awssdk.services.s3.model.ObjectIdentifier;
import software.amazon.awssdk.services.s3.model.S3Error;
import software.amazon.awssdk.services.s3.model.S3Exception;

/** Deletes objects below a location's prefix. */
final class Deletions {
  /** The most keys that one request deletes; the protocol's limit. */
  static final int MOST = 1000;

  private static final int SINGLE_DELETES = 16;

  private final S3Connection connection;
  private final Requests requests;
  private final String bucket;
  private final String prefix;

  /** Whether the server does not take requests that delete many objects. */
  private volatile boolean deletesSingly;

  Deletions(S3Connection connection, Requests requests, String bucket, String prefix) {
    this.connection = connection;
    this.requests = requests;
    this.bucket = bucket;
    this.prefix = prefix;
  }

  /** Removes an object; one that is not there is removed already. */
  void delete(String key) throws IOException {
    try {
      requests.send(
          () ->
              connection
                  .retrying()
                  .deleteObject(delete -> delete.bucket(bucket).key(prefix + key)));
    } catch (SdkException e) {
      if (!Answer.isMissing(e)) {
        throw requests.failure("DELETE " + key, e);
      }
    }
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
   * @param keys at most {@link #MOST}
   */
  Deletion deleteOnce(List<String> keys) {
    if (!deletesSingly) {
      try {
        return deleteTogether(keys);
      } catch (S3Exception e) {
        requests.noteFailure(e);
        if (!Answer.isNotUnderstood(e)) {
          return unanswered(e, Set.of(), keys);
        }
        // It was answered, so nothing is deleted: each may be asked for.
        deletesSingly = true;
      } catch (SdkException e) {
        requests.noteFailure(e);
        return unanswered(e, Set.of(), keys);
      }
    }
    return deleteEach(keys);
  }

  private Deletion unanswered(SdkException e, Set<String> gone, Collection<String> others) {
    return Answer.isRefusal(e)
        ? new Deletion(gone, Set.copyOf(others), requests.failure("DELETE", e), null)
        : new Deletion(gone, Set.of(), null, requests.failure("DELETE", e));
  }

  private Deletion deleteTogether(List<String> keys) {
    List<ObjectIdentifier> objects =
        keys.stream().map(key -> ObjectIdentifier.builder().key(prefix + key).build()).toList();
    DeleteObjectsResponse response =
        requests.send(
            () ->
                connection
                    .once()
                    .deleteObjects(
                        delete -> delete.bucket(bucket).delete(all -> all.objects(objects))));
    Set<String> gone = new HashSet<>();
    for (DeletedObject each : response.deleted()) {
      gone.add(each.key().substring(prefix.length()));
    }
    Set<String> kept = new HashSet<>();
    IOException refusal = null;
    IOException doubt = requests.unavailable("DELETE was answered, but not for each key");
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
        refusal = requests.unavailable(what + Answer.remedy(Answer.FORBIDDEN, error.code()));
      } else {
        doubt = requests.unavailable(what);
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
                requests.send(
                    () ->
                        connection
                            .once()
                            .deleteObject(delete -> delete.bucket(bucket).key(prefix + key)));
                gone.add(key);
              } catch (SdkException e) {
                if (Answer.isMissing(e)) {
                  gone.add(key);
                } else if (Answer.isRefusal(e)) {
                  kept.add(key);
                  refusal.set(requests.failure("DELETE " + key, e));
                } else {
                  doubt.set(requests.failure("DELETE " + key, e));
                }
              } finally {
                atOnce.release();
              }
            });
      }
    }
    return new Deletion(gone, kept, refusal.get(), doubt.get());
  }
}
