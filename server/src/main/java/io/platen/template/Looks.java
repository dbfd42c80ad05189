package io.platen.template;

import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/**
 * Looks at what the store has of several templates, some at a time: each look at a bucket waits for
 * its answer for most of its time.
 */
final class Looks {
  private static final int AT_ONCE = 16;

  private Looks() {}

  /** A look at what the store has of one template. */
  @FunctionalInterface
  interface Look<T> {
    T at(String templateId) throws IOException;
  }

  /**
   * Looks at all of these templates.
   *
   * @return what was found, by the template's id
   * @throws IOException what a look threw; all that had begun are over then
   */
  static <T> Map<String, T> at(List<String> templateIds, Look<T> look) throws IOException {
    var found = new HashMap<String, T>();
    try (var threads = Executors.newFixedThreadPool(AT_ONCE, Thread.ofVirtual().factory())) {
      var begun = new ArrayList<Future<T>>();
      for (var id : templateIds) {
        begun.add(threads.submit(() -> look.at(id)));
      }
      for (int i = 0; i < begun.size(); i++) {
        try {
          found.put(templateIds.get(i), begun.get(i).get());
        } catch (ExecutionException | InterruptedException e) {
          begun.forEach(each -> each.cancel(false));
          throw failure(e);
        }
      }
    }
    return found;
  }

  private static IOException failure(Exception e) throws IOException {
    if (e instanceof InterruptedException) {
      Thread.currentThread().interrupt();
      return new IOException("the look at the store was interrupted", e);
    }
    var cause = e.getCause();
    if (cause instanceof RuntimeException unchecked) {
      throw unchecked;
    }
    return cause instanceof IOException io ? io : new IOException(cause);
  }
}
