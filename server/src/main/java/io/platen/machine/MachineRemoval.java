package io.platen.machine;

import io.platen.event.Event;
import io.platen.job.Job;
import io.platen.job.JobContext;
import java.io.IOException;
import org.jdbi.v3.core.Handle;

/**
 * The job behind {@code deactivate}: the domain and the disk of a deleted machine go; an adopted
 * disk stays where it is, and so does an adopted domain, running or not. What it can't remove now,
 * {@link MachineSweep} does later.
 */
public final class MachineRemoval implements Job {
  private final Removal removal;

  public MachineRemoval(Removal removal) {
    this.removal = removal;
  }

  @Override
  public Outcome run(Event event, JobContext context) throws Exception {
    context.phase("removing", 0);
    try {
      removal.remove(event.requireMachineId());
    } catch (IOException e) {
      throw new IOException(
          "the machine is deleted, and not removed yet: %s; Platen finishes this by itself"
              .formatted(e.getMessage()),
          e);
    }
    return handle -> {};
  }

  @Override
  public void failed(Handle handle, Event event) {
    // It is recorded as deleted and not removed, which the sweep goes by.
  }
}
