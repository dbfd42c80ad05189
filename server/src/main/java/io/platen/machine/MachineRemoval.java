package io.platen.machine;

import io.platen.database.Database;
import io.platen.event.Event;
import io.platen.event.Job;
import io.platen.event.JobContext;
import io.platen.launch.Launch;
import io.platen.template.IndexFiles;
import java.util.List;
import org.jdbi.v3.core.Handle;

/**
 * The job behind {@code deactivate}: the disk of a deleted machine goes; an adopted one stays where
 * it is, and so does an adopted domain, running or not.
 */
public final class MachineRemoval implements Job {
  private final Database database;
  private final MachineRepository machines;
  private final Launch launch;
  private final MachineRun runs;
  private final IndexFiles indexes;

  public MachineRemoval(
      Database database,
      MachineRepository machines,
      Launch launch,
      MachineRun runs,
      IndexFiles indexes) {
    this.database = database;
    this.machines = machines;
    this.launch = launch;
    this.runs = runs;
    this.indexes = indexes;
  }

  @Override
  public Outcome run(Event event, JobContext context) throws Exception {
    String id = event.requireMachineId();
    context.phase("removing", 0);
    runs.remove(id);
    launch.remove(id);
    var base = database.read(handle -> machines.baseTemplate(handle, id));
    indexes.removeUnused(base.map(List::of).orElse(List.of()));
    return handle -> {};
  }

  @Override
  public void failed(Handle handle, Event event) {
    // The machine is deleted already; what could not be removed is named in the event's error.
  }
}
