package io.platen.upkeep;

import com.github.kagkarlsson.scheduler.task.TaskDescriptor;
import io.platen.database.Database;
import io.platen.job.JobTable;
import io.platen.job.NodeTask;
import io.platen.model.Ids;
import io.platen.template.TemplateRepository;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Optional;
import org.jdbi.v3.core.Handle;
import org.jspecify.annotations.Nullable;

/** Asks for upkeep, and returns what came of it. */
public final class UpkeepService {

  /** How long reports are kept. */
  private static final Duration KEPT = Duration.ofDays(7);

  private final Database database;
  private final UpkeepRepository requests;
  private final TemplateRepository templates;
  private final String store;
  private final InstantSource clock;
  private final JobTable jobs;

  /**
   * Asks the upkeep of a node.
   *
   * @param store this node's, as rows of templates name it
   */
  public UpkeepService(
      Database database,
      UpkeepRepository requests,
      TemplateRepository templates,
      String store,
      InstantSource clock) {
    this.database = database;
    this.requests = requests;
    this.templates = templates;
    this.store = store;
    this.clock = clock;
    this.jobs = jobs(database);
  }

  /** Asks for a collection. */
  public UpkeepRequest collect(boolean dryRun) {
    return ask(UpkeepRequest.Kind.COLLECT, dryRun, null);
  }

  /**
   * Asks for a repair.
   *
   * @param templateId whose chunks to read; null for everybody's
   */
  public UpkeepRequest repair(@Nullable String templateId) {
    return ask(UpkeepRequest.Kind.REPAIR, false, templateId);
  }

  private UpkeepRequest ask(UpkeepRequest.Kind kind, boolean dryRun, @Nullable String templateId) {
    var now = clock.instant();
    var request =
        new UpkeepRequest(Ids.upkeepRequest(), kind, dryRun, templateId, 0, 0, null, null);
    database.change(
        handle -> {
          requests.removeFinishedBefore(handle, now.minus(KEPT));
          requests.insert(handle, request, now);
          jobs.client(handle)
              .scheduleIfNotExists(request(database).instance(request.id()).scheduledTo(now));
        });
    return request;
  }

  /** A request as it stands now; empty where it was made long ago. */
  public Optional<UpkeepRequest> find(String id) {
    return database.read(handle -> requests.find(handle, id));
  }

  /**
   * Has damaged templates looked at, in the caller's transaction: what was captured may be what
   * they lack.
   *
   * @param templateId what was captured
   */
  public void captured(Handle handle, String templateId) {
    if (templates.damaged(handle, store).isEmpty()) {
      return;
    }
    jobs.client(handle)
        .scheduleIfNotExists(heal(database).instance(templateId).scheduledTo(clock.instant()));
  }

  /** What is asked of the node that has the store. */
  static TaskDescriptor<Void> request(Database database) {
    return TaskDescriptor.of(NodeTask.name("request", database.node()));
  }

  static TaskDescriptor<Void> heal(Database database) {
    return TaskDescriptor.of(NodeTask.name("heal", database.node()));
  }

  static JobTable jobs(Database database) {
    return new JobTable(database, "upkeep_job");
  }
}
