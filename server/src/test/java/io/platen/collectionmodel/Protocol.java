package io.platen.collectionmodel;

import java.util.ArrayList;
import java.util.List;

/** The protocol: its actors beside each other, and what happens to them. */
final class Protocol implements Model {
  final World world;
  final Environment environment;
  final List<Session> sessions = new ArrayList<>();
  final List<Collection> collections = new ArrayList<>();
  final Launch launch;
  final Repair repair;

  /** Takes no step by itself. It has the memory of the first one, which is dead by then. */
  final Collection freshCollection;

  private final State initial;
  private final List<Actor> actors = new ArrayList<>();

  Protocol(Setup setup, Rules rules) {
    var layout = new Layout();
    world = World.of(layout, setup, rules);
    environment = new Environment(layout, world);
    for (int i = 0; i < setup.sessions().size(); i++) {
      sessions.add(new Session(layout, world, i));
    }
    var memories = new ArrayList<CollectionMemory>();
    for (int i = 0; i < setup.collections(); i++) {
      memories.add(new CollectionMemory(layout, setup, rules));
      collections.add(new Collection(world, memories.getLast(), i + 1));
    }
    freshCollection = new Collection(world, memories.getFirst(), setup.collections() + 1);
    launch = new Launch(layout, world);
    repair = new Repair(layout, world);
    actors.addAll(sessions);
    actors.add(launch);
    actors.add(repair);
    initial = world.initial(layout);
  }

  @Override
  public State initial() {
    return initial.copy();
  }

  @Override
  public void steps(State state, Steps out) {
    for (var actor : actors) {
      actor.steps(state, out);
    }
    for (int i = 0; i < collections.size(); i++) {
      if (mayStep(state, i)) {
        collections.get(i).steps(state, out);
      }
    }
    environment.steps(state, out);
  }

  /** The first one begins where nobody has the lease, each other one at any time after the last. */
  private boolean mayStep(State state, int i) {
    if (collections.get(i).stage(state) != Stage.BEGIN) {
      return true;
    }
    return i == 0
        ? world.database().lease.get(state) == 0
        : collections.get(i - 1).stage(state) != Stage.BEGIN;
  }

  /** Everything that runs dies. */
  void allDie(State state) {
    actors.forEach(actor -> actor.die(state));
    collections.forEach(collection -> collection.die(state));
  }
}
