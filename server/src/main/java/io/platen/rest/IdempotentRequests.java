package io.platen.rest;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.platen.database.Database;
import io.platen.model.Caller;
import io.platen.model.Refusal;
import jakarta.ws.rs.container.ContainerRequestContext;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Optional;
import java.util.function.Supplier;
import org.jdbi.v3.core.Handle;
import org.jspecify.annotations.Nullable;

/**
 * Does what a request asks for, once for each Idempotency-Key of a team within 24 hours.
 *
 * <p>The answer is kept in the transaction of the work itself: after a crash either both are there
 * or neither. Of requests with the same key that arrive together one works, and the others wait for
 * its answer. Refusals that the request itself earns (400, 404, 409, 412) are kept like answers of
 * success; after a failure of the server (500, 503) nothing is kept, so that the client's next try
 * works.
 */
public final class IdempotentRequests {
  static final Duration RETENTION = Duration.ofHours(24);

  /** Rows that one transaction removes, so that no writer waits for long. */
  private static final int BATCH = 1000;

  private final Database database;
  private final KeptAnswerRepository answers;
  private final ObjectMapper mapper;
  private final InstantSource clock;

  /** The mapper is the one that answers are written with. */
  public IdempotentRequests(
      Database database, KeptAnswerRepository answers, ObjectMapper mapper, InstantSource clock) {
    this.database = database;
    this.answers = answers;
    this.mapper = mapper;
    this.clock = clock;
  }

  /** The change a request asks for, made in a transaction that the caller commits. */
  @FunctionalInterface
  public interface Effect<T> {
    /** Returns the body of the answer. */
    T apply(Handle handle);
  }

  /**
   * Answers a request of {@link Caller}.
   *
   * @param body as it was received
   * @param check reads and checks the request, outside of any transaction
   * @throws AnsweredBefore where there is an answer already
   * @throws Refusal CONFLICT where the key was used for another request
   * @throws ApiException what the check and the effect refuse
   */
  public <T> T run(
      ContainerRequestContext request, byte @Nullable [] body, Supplier<Effect<T>> check) {
    String key = request.getHeaderString(RequestIdentity.HEADER);
    if (key == null) {
      return database.transaction(check.get()::apply);
    }
    var identity =
        RequestIdentity.of(
            Callers.of(request).teamId(),
            key,
            request.getMethod(),
            request.getUriInfo().getPath(),
            body);
    return run(identity, check);
  }

  <T> T run(RequestIdentity identity, Supplier<Effect<T>> check) {
    throwIfAnswered(database.read(handle -> answers.find(handle, identity, expired())));
    Effect<T> effect;
    try {
      effect = check.get();
    } catch (ApiException | Refusal e) {
      var refused = answer(e);
      if (isKept(refused)) {
        database.change(
            handle -> {
              claim(handle, identity);
              answers.store(handle, identity, refusal(refused));
            });
      }
      throw refused;
    }
    var outcome = database.transaction(handle -> apply(handle, identity, effect));
    if (outcome.refused() != null) {
      throw outcome.refused();
    }
    return outcome.require();
  }

  /** What came of an effect whose transaction can be committed: a body, or a refusal. */
  private record Outcome<T>(@Nullable T body, @Nullable ApiException refused) {
    T require() {
      if (body == null) {
        throw new IllegalStateException("neither an answer nor a refusal");
      }
      return body;
    }
  }

  private <T> Outcome<T> apply(Handle handle, RequestIdentity identity, Effect<T> effect) {
    claim(handle, identity);
    handle.savepoint("claimed");
    try {
      T body = effect.apply(handle);
      answers.store(handle, identity, new KeptAnswer(200, json(body)));
      return new Outcome<>(body, null);
    } catch (ApiException | Refusal e) {
      var refused = answer(e);
      if (!isKept(refused)) {
        throw refused;
      }
      handle.rollbackToSavepoint("claimed");
      answers.store(handle, identity, refusal(refused));
      return new Outcome<>(null, refused);
    }
  }

  private void claim(Handle handle, RequestIdentity identity) {
    if (!answers.claim(handle, identity, clock.instant(), expired())) {
      throwIfAnswered(answers.find(handle, identity, expired()));
      throw new IllegalStateException("the key is taken, by nothing");
    }
  }

  private static void throwIfAnswered(Optional<KeptAnswer> answer) {
    answer.ifPresent(
        before -> {
          throw new AnsweredBefore(before);
        });
  }

  private static ApiException answer(RuntimeException refused) {
    return refused instanceof Refusal refusal ? ApiException.of(refusal) : (ApiException) refused;
  }

  private static boolean isKept(ApiException refused) {
    return refused.code().status() < 500;
  }

  /** With all that is known of it: whoever sends it again leaves out what a client can't read. */
  private KeptAnswer refusal(ApiException refused) {
    return new KeptAnswer(refused.code().status(), json(ErrorBody.of(refused, null)));
  }

  private String json(Object body) {
    try {
      return mapper.writeValueAsString(body);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("an answer that can't be written", e);
    }
  }

  private Instant expired() {
    return clock.instant().minus(RETENTION);
  }

  /** Removes the answers that no longer count; returns how many. */
  public int removeExpired() {
    int removed = 0;
    int batch;
    do {
      batch = database.transaction(handle -> answers.removeExpired(handle, expired(), BATCH));
      removed += batch;
    } while (batch == BATCH);
    return removed;
  }
}
