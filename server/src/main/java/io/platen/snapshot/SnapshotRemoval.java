package io.platen.snapshot;

import io.platen.event.Event;
import io.platen.job.Job;
import io.platen.job.JobContext;
import java.util.List;
import java.util.function.Consumer;
import org.jdbi.v3.core.Handle;

/**
 * The job behind {@code snapshot-delete}: the index of a deleted snapshot goes, unless a machine's
 * disk stands on it. What only it named is freed by the next collection.
 */
public final class SnapshotRemoval implements Job {
  private final Consumer<List<String>> unusedIndexes;

  /**
   * @param unusedIndexes removes those of these indexes that nothing needs
   */
  public SnapshotRemoval(Consumer<List<String>> unusedIndexes) {
    this.unusedIndexes = unusedIndexes;
  }

  @Override
  public Outcome run(Event event, JobContext context) {
    context.phase("removing", 0);
    unusedIndexes.accept(List.of(event.requireTemplateId()));
    return handle -> {};
  }

  @Override
  public void failed(Handle handle, Event event) {
    // The snapshot is deleted; its index is removed by the next collection.
  }
}
