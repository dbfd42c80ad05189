package io.platen.upkeep;

import io.platen.chunkstore.Cancellation;
import io.platen.chunkstore.IndexCorrupt;
import io.platen.model.Refusal;
import io.platen.template.Template;
import io.platen.template.TemplateState;
import io.platen.upkeep.Storage.Batch;
import io.platen.upkeep.Storage.OfTemplate;
import java.io.IOException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/**
 * Answers what a template takes. One request at a time looks whether the last count is still true,
 * and counts anew if it is not, on a thread of its own. The others get the last answer at once, or
 * are asked to come again.
 */
public final class StorageRequests {
  private final Storage storage;
  private final AtomicBoolean counting = new AtomicBoolean();

  private volatile @Nullable Batch last;

  public StorageRequests(Storage storage) {
    this.storage = storage;
  }

  /**
   * What a template that is not deleted takes. The stage fails with an {@link Refusal}: NOT_FOUND
   * where the template was deleted meanwhile; UNAVAILABLE where an index can't be read.
   *
   * @throws Refusal CONFLICT while it is being captured; UNAVAILABLE where others count, and it was
   *     not counted before
   */
  public CompletionStage<OfTemplate> get(Template template) {
    if (template.state() == TemplateState.CAPTURING) {
      throw Refusal.conflict(
          "Template %s is still being captured; wait for its template-create event to end."
              .formatted(template.id()));
    }
    if (!counting.compareAndSet(false, true)) {
      return CompletableFuture.completedStage(lastAnswer(template.id()));
    }
    var answer = new CompletableFuture<OfTemplate>();
    Thread.ofPlatform().daemon().name("count-storage").start(() -> count(template.id(), answer));
    return answer;
  }

  private OfTemplate lastAnswer(String id) {
    var batch = last;
    var known = batch == null ? null : batch.templates().get(id);
    if (known == null) {
      throw Refusal.unavailable("The store is being counted for another request; try again.", null);
    }
    return known;
  }

  private void count(String id, CompletableFuture<OfTemplate> answer) {
    try {
      var batch = storage.batchWith(id, last, new Cancellation());
      last = batch;
      counting.set(false);
      var found = batch.templates().get(id);
      if (found == null) {
        answer.completeExceptionally(Refusal.notFound("custom template", id));
      } else {
        answer.complete(found);
      }
    } catch (IndexCorrupt e) {
      counting.set(false);
      answer.completeExceptionally(
          Refusal.unavailable(
              "The store can't be counted: %s. \"platen verify\" says which templates are damaged."
                  .formatted(e.getMessage()),
              e));
    } catch (IOException e) {
      counting.set(false);
      answer.completeExceptionally(
          Refusal.unavailable("The store can't be counted: %s.".formatted(e.getMessage()), e));
    } catch (RuntimeException e) {
      answer.completeExceptionally(e);
    } finally {
      counting.set(false);
    }
  }
}
