package io.platen.collectionmodel;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** A session that has its row publishes where nothing else runs, and no collection comes. */
final class SessionNeedsNoCollection implements Promise {
  private final Protocol protocol;

  SessionNeedsNoCollection(Protocol protocol) {
    this.protocol = protocol;
  }

  @Override
  public @Nullable String broken(State state) {
    for (var session : protocol.sessions) {
      if (session.hasRow(state) && !session.hasEnded(Schedule.run(state, List.of(session)))) {
        return "a session waits for a collection";
      }
    }
    return null;
  }
}
