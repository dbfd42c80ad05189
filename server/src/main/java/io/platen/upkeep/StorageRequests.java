package io.platen.upkeep;

import io.platen.chunkstore.Cancellation;
import io.platen.chunkstore.IndexCorrupt;
import io.platen.model.Refusal;
import io.platen.template.Template;
import io.platen.template.TemplateState;
import io.platen.upkeep.Storage.Batch;
import io.platen.upkeep.Storage.OfTemplate;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/**
 * Answers what a template takes. One request at a time looks whether the last count is still true,
 * and counts anew if it is not, on a thread of its own. The others get the last answer at once, or
 * are asked to come again.
 */
public final class StorageRequests {
  /** Requests that wait while others are counted. */
  static final int WAITING = 100;

  private record Asked(String templateId, CompletableFuture<OfTemplate> answer) {}

  private final Storage storage;
  private final Executor counter;
  private final Deque<Asked> waiting = new ArrayDeque<>();
  private boolean counting;
  private @Nullable Batch last;

  public StorageRequests(Storage storage) {
    this(storage, work -> Thread.ofPlatform().daemon().name("count-storage").start(work));
  }

  /**
   * @param counter runs what counts, one at a time
   */
  StorageRequests(Storage storage, Executor counter) {
    this.storage = storage;
    this.counter = counter;
  }

  /**
   * What a template that is not deleted takes; where another one is being counted, what it took at
   * the last count, or else after that one. The stage fails with an {@link Refusal}: NOT_FOUND
   * where the template was deleted meanwhile; UNAVAILABLE where an index can't be read.
   *
   * @throws Refusal CONFLICT while it is being captured; UNAVAILABLE where too many wait
   */
  public CompletionStage<OfTemplate> get(Template template) {
    if (template.state() == TemplateState.CAPTURING) {
      throw Refusal.conflict(
          "Template %s is still being captured; wait for its template-create event to end."
              .formatted(template.id()));
    }
    var asked = new Asked(template.id(), new CompletableFuture<>());
    synchronized (this) {
      if (counting) {
        var known = last == null ? null : last.templates().get(template.id());
        return known == null ? await(asked) : CompletableFuture.completedStage(known);
      }
      counting = true;
    }
    boolean begun = false;
    try {
      counter.execute(() -> countAll(asked));
      begun = true;
    } finally {
      if (!begun) {
        giveUp();
      }
    }
    return asked.answer();
  }

  private CompletionStage<OfTemplate> await(Asked asked) {
    if (waiting.size() >= WAITING) {
      throw Refusal.unavailable("The store is being counted for other requests; try again.", null);
    }
    waiting.add(asked);
    return asked.answer();
  }

  private void countAll(Asked first) {
    boolean done = false;
    try {
      for (var asked = first; asked != null; asked = next()) {
        count(asked.templateId(), asked.answer());
      }
      done = true;
    } finally {
      if (!done) {
        giveUp();
      }
    }
  }

  private synchronized @Nullable Asked next() {
    var asked = waiting.poll();
    counting = asked != null;
    return asked;
  }

  /** Lets nobody wait for a count that does not come, and the next request begin one. */
  private void giveUp() {
    for (var asked = next(); asked != null; asked = next()) {
      asked
          .answer()
          .completeExceptionally(
              Refusal.unavailable("The store can't be counted; try again in a moment.", null));
    }
  }

  private void count(String id, CompletableFuture<OfTemplate> answer) {
    try {
      Batch before;
      synchronized (this) {
        before = last;
      }
      var batch = storage.batchWith(id, before, new Cancellation());
      synchronized (this) {
        last = batch;
      }
      var found = batch.templates().get(id);
      if (found == null) {
        answer.completeExceptionally(Refusal.notFound("custom template", id));
      } else {
        answer.complete(found);
      }
    } catch (IndexCorrupt e) {
      answer.completeExceptionally(
          Refusal.unavailable(
              "The store can't be counted: %s. \"platen verify\" says which templates are damaged."
                  .formatted(e.getMessage()),
              e));
    } catch (IOException e) {
      answer.completeExceptionally(
          Refusal.unavailable("The store can't be counted: %s.".formatted(e.getMessage()), e));
    } catch (RuntimeException e) {
      answer.completeExceptionally(e);
    }
  }
}
