package io.platen.collectionmodel;

import java.util.ArrayList;
import org.jspecify.annotations.Nullable;

/**
 * Where nobody dies, all end: the sessions and collections at work, and then a fresh collection and
 * the sessions that wait for rows that a dead one left.
 */
final class NoDeadlock implements Promise {
  private final Protocol protocol;

  NoDeadlock(Protocol protocol) {
    this.protocol = protocol;
  }

  @Override
  public @Nullable String broken(State state) {
    var working = new ArrayList<Actor>(protocol.sessions);
    for (var collection : protocol.collections) {
      if (collection.stage(state) != Stage.BEGIN) {
        working.add(collection);
      }
    }
    State end = Schedule.run(state, working);
    for (var collection : protocol.collections) {
      var stage = collection.stage(end);
      if (stage != Stage.BEGIN && stage != Stage.ENDED) {
        return "a collection hangs at " + stage;
      }
    }
    return afterFreshCollection(end.copy());
  }

  private @Nullable String afterFreshCollection(State left) {
    protocol.freshCollection.revive(left);
    var working = new ArrayList<Actor>(protocol.sessions);
    working.add(protocol.freshCollection);
    State end = Schedule.run(left, working);
    for (var session : protocol.sessions) {
      if (!session.hasEnded(end)) {
        return "a session hangs beside a fresh collection";
      }
    }
    var stage = protocol.freshCollection.stage(end);
    return stage == Stage.ENDED ? null : "a fresh collection hangs at " + stage;
  }
}
