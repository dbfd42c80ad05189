package io.platen.template;

import io.platen.chunkstore.Cancellation;
import io.platen.database.Database;
import io.platen.event.Event;
import io.platen.event.EventRepository;
import io.platen.job.Job;
import io.platen.job.JobContext;
import java.io.IOException;
import org.jdbi.v3.core.Handle;

/**
 * The job behind {@code template-distribute}: this node's store gets a template, or a bucket gets
 * one that is in this node's directory.
 */
public final class TemplateDistribution implements Job {
  private final Database database;
  private final TemplateRepository templates;
  private final Distribution distribution;
  private final EventRepository events;

  public TemplateDistribution(
      Database database,
      TemplateRepository templates,
      EventRepository events,
      Distribution distribution) {
    this.events = events;
    this.database = database;
    this.templates = templates;
    this.distribution = distribution;
  }

  @Override
  public Outcome run(Event event, JobContext context) throws Exception {
    String templateId = event.requireTemplateId();
    var template =
        database
            .read(handle -> templates.find(handle, templateId))
            .orElseThrow(() -> new IOException("the template " + templateId + " was deleted"));
    String digest = template.indexDigest();
    if (digest == null) {
      throw new IOException("the template " + templateId + " is not complete");
    }
    var cancellation = new Cancellation();
    context.onStop(cancellation::cancel);
    String bucket = database.read(handle -> events.copiesInto(handle, event.id()));
    if (bucket.isEmpty()) {
      distribution.fetch(templateId, digest, context, cancellation);
    } else {
      distribution.push(templateId, digest, bucket, context, cancellation);
    }
    return handle -> {};
  }

  @Override
  public void failed(Handle handle, Event event) {
    // What was copied is found by the next attempt, or removed by a collection.
  }
}
