package io.platen.collectionmodel;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Whatever has happened, it can end well. Where everything that runs dies and a fresh collection
 * comes, that ends, and leaves just what is needed. A session that has its row, and is not dead,
 * publishes beside such a collection, whichever of the two goes first. A session that begins after
 * a repair publishes right bytes.
 */
final class Ending implements Promise {
  private final Protocol protocol;
  private final World world;
  private final StateSet lookedAt;

  Ending(Protocol protocol) {
    this.protocol = protocol;
    this.world = protocol.world;
    this.lookedAt = new StateSet(protocol.initial().words.length);
  }

  /** How many different moments were looked at. */
  int moments() {
    return lookedAt.size();
  }

  @Override
  public @Nullable String broken(State state) {
    var broken = collectionEnds(state);
    for (int i = 0; i < protocol.sessions.size() && broken == null; i++) {
      broken = sessionEnds(state, i);
    }
    return broken == null ? repairEnds(state) : broken;
  }

  private @Nullable String collectionEnds(State state) {
    State left = onlyLeft(state, -1);
    if (!lookedAt.add(left)) {
      return null;
    }
    protocol.freshCollection.revive(left);
    State end = Schedule.run(left, List.of(protocol.freshCollection, protocol.repair));
    var stage = protocol.freshCollection.stage(end);
    if (stage != Stage.ENDED) {
      return "a fresh collection hangs at " + stage;
    }
    return leftOver(end);
  }

  private @Nullable String sessionEnds(State state, int index) {
    var session = protocol.sessions.get(index);
    if (!session.hasRow(state) || !world.templates().isOpen(state, index + 1)) {
      return null;
    }
    State left = onlyLeft(state, index);
    if (!lookedAt.add(left)) {
      return null;
    }
    protocol.freshCollection.revive(left);
    var first = Schedule.run(left, List.of(session, protocol.freshCollection));
    var last = Schedule.run(left, List.of(protocol.freshCollection, session));
    for (var end : List.of(first, last)) {
      if (world.templates().published(end, world.setup().templateOf(index + 1)) == 0) {
        return "S%d can't publish beside a fresh collection".formatted(index + 1);
      }
    }
    return null;
  }

  private @Nullable String repairEnds(State state) {
    if (!world.setup().has(Part.REPAIR) || !protocol.sessions.getFirst().isIdle(state)) {
      return null;
    }
    State left = state.copy();
    protocol.allDie(left);
    protocol.sessions.getFirst().revive(left);
    for (var row : world.database().sessions) {
      row.set(left, 0);
    }
    if (!lookedAt.add(left)) {
      return null;
    }
    protocol.freshCollection.revive(left);
    State repaired = Schedule.run(left, List.of(protocol.repair));
    var session = protocol.sessions.getFirst();
    State end = Schedule.run(repaired, List.of(session, protocol.freshCollection, protocol.repair));
    boolean wrong = world.bucket().rotten.get(end) != 0;
    return wrong || world.database().isMarked(end, 0)
        ? "a capture after a repair leaves the chunk bad"
        : null;
  }

  /** Everything dies but one session; the rows of the dead are removed. */
  private State onlyLeft(State state, int session) {
    State left = state.copy();
    protocol.environment.settle(left);
    for (int i = 0; i < protocol.sessions.size(); i++) {
      if (i != session) {
        protocol.sessions.get(i).die(left);
        world.database().sessions[i].set(left, 0);
      }
    }
    protocol.collections.forEach(collection -> collection.die(left));
    protocol.launch.die(left);
    protocol.repair.die(left);
    return left;
  }

  private @Nullable String leftOver(State end) {
    int roots = world.templates().roots(end);
    int named = world.templates().named(end, roots);
    int wanted = 0;
    for (int chunk = 0; chunk < world.database().chunks(); chunk++) {
      if (Bits.has(named, chunk)) {
        wanted |= Bits.of(world.bucket().key(chunk, world.database().epoch(end, chunk)));
      }
      if (world.database().row(end, chunk) != Database.NO_ROW) {
        return "a fresh collection leaves the row of " + Names.chunk(chunk);
      }
    }
    if (world.bucket().objects.get(end) != wanted) {
      return "a fresh collection leaves other chunks than those needed";
    }
    if (world.setup().has(Part.INDEXES)
        && world.bucket().indexes.get(end) != world.templates().indexes(end, roots)) {
      return "a fresh collection leaves other indexes than those needed";
    }
    return (world.database().marks.get(end) & ~named) == 0
        ? null
        : "a fresh repair leaves marks of chunks that are gone";
  }
}
