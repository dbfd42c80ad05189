package io.platen.machine;

import io.platen.chunkstore.Cancellation;
import io.platen.job.JobContext;
import java.io.IOException;

/** Sees to it that the store which this node uses has a template. */
@FunctionalInterface
public interface TemplateSupply {
  /**
   * Copies the template from the store that has it, where this node's has not. Says so in the
   * progress of the job.
   *
   * @param digest the SHA-256 of its index, in hexadecimal
   * @throws io.platen.chunkstore.Cancelled after a cancellation
   * @throws IOException where that can't be; the message says why
   */
  void fetch(String templateId, String digest, JobContext context, Cancellation cancellation)
      throws IOException;
}
