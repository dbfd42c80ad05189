package io.platen.template;

import io.platen.chunkstore.Cancellation;
import io.platen.database.Database;
import io.platen.event.Event;
import io.platen.job.Job;
import io.platen.job.JobContext;
import java.io.IOException;
import org.jdbi.v3.core.Handle;

/** The job behind {@code template-distribute}: this node's store gets a template. */
public final class TemplateDistribution implements Job {
  private final Database database;
  private final TemplateRepository templates;
  private final Distribution distribution;

  public TemplateDistribution(
      Database database, TemplateRepository templates, Distribution distribution) {
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
    distribution.fetch(templateId, digest, context, cancellation);
    return handle -> {};
  }

  @Override
  public void failed(Handle handle, Event event) {
    // What was copied is found by the next attempt, or removed by a collection.
  }
}
