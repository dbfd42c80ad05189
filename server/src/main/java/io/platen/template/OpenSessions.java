package io.platen.template;

import io.platen.chunkstore.ImageWriter;
import io.platen.chunkstore.StoreSession;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jboss.logging.Logger;

/**
 * The sessions of images whose index is published, and whose template is not available yet: until
 * it is, nothing but the session keeps collections from the image's chunks. Each is of a running
 * job, which ends it.
 */
public final class OpenSessions implements ImageWriter.Keeper {
  private static final Logger LOG = Logger.getLogger(OpenSessions.class);

  private final Map<String, Deque<StoreSession>> sessions = new ConcurrentHashMap<>();

  @Override
  public void keep(String templateId, StoreSession session) {
    sessions.compute(
        templateId,
        (id, before) -> {
          var all = before == null ? new ArrayDeque<StoreSession>() : before;
          all.add(session);
          return all;
        });
  }

  /** The number of the session that made a template's image last; 0 where it has none. */
  long number(String templateId) {
    var all = sessions.get(templateId);
    return all == null ? 0 : all.getLast().number();
  }

  /** Ends those of a template, which is available by now, or was given up. */
  void end(String templateId) {
    var all = sessions.remove(templateId);
    if (all != null) {
      for (var session : all) {
        try {
          session.close();
        } catch (IOException e) {
          LOG.warnf("what %s was captured with is not given back: %s", templateId, e.getMessage());
        }
      }
    }
  }
}
