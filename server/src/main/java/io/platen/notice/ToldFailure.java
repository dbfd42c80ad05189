package io.platen.notice;

import io.platen.event.Event;
import io.platen.job.Job;
import io.platen.job.JobContext;
import java.util.LinkedHashMap;
import java.util.Objects;
import org.jdbi.v3.core.Handle;

/** A job whose failure is told, in the transaction that ends its event. */
public final class ToldFailure implements Job {
  private final Job job;
  private final Outbox outbox;

  public ToldFailure(Job job, Outbox outbox) {
    this.job = job;
    this.outbox = outbox;
  }

  @Override
  public Outcome run(Event event, JobContext context) throws Exception {
    return job.run(event, context);
  }

  @Override
  public void failed(Handle handle, Event event) {
    // Before the job's own part, which may forget the names.
    tell(handle, event);
    job.failed(handle, event);
  }

  private void tell(Handle handle, Event event) {
    var data = new LinkedHashMap<String, Object>();
    data.put("eventId", event.id());
    data.put("teamId", event.teamId());
    data.put("teamName", NoticeRepository.name(handle, "team", event.teamId()));
    data.put("machineId", event.machineId());
    String machine = NoticeRepository.name(handle, "machine", event.machineId());
    data.put("machineName", machine);
    data.put("templateId", event.templateId());
    String name = NoticeRepository.name(handle, "template", event.templateId());
    data.put("name", name);
    String error =
        Outbox.shortened(Objects.requireNonNullElse(event.error(), "no reason is known"));
    data.put("error", error);
    var kind = NoticeKind.failureOf(event.name());
    outbox.add(
        handle,
        kind,
        "The %s \"%s\" of machine \"%s\" failed: %s"
            .formatted(
                kind == NoticeKind.SNAPSHOT_FAILED ? "snapshot" : "capture", name, machine, error),
        data);
  }
}
