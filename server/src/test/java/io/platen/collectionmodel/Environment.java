package io.platen.collectionmodel;

/**
 * What happens to the system: users, sessions believed dead, requests that land late, bad disks.
 */
final class Environment {
  private final World world;
  private final Field wentBad;

  Environment(Layout layout, World world) {
    this.world = world;
    wentBad = layout.numbersIf(world.setup().has(Part.REPAIR), 2);
  }

  void steps(State state, Steps out) {
    templates(state, out);
    sessionsBelievedDead(state, out);
    lateDeletes(state, out);
    latePuts(state, out);
    oldObjects(state, out);
    badDisk(state, out);
  }

  private void templates(State state, Steps out) {
    var templates = world.templates();
    if (templates.life(state, 0) == Templates.AVAILABLE) {
      live(state, 0, Templates.DELETED, "is deleted, and can be undeleted", out);
    }
    if (templates.life(state, 0) == Templates.DELETED) {
      live(state, 0, Templates.AVAILABLE, "is undeleted", out);
      if (world.rules().keep(Safeguard.NO_CLOCK_DECIDES)) {
        live(state, 0, Templates.PURGED, "is purged", out);
      }
    }
    boolean undeletes = !world.rules().keep(Safeguard.UNDELETE_RESPECTS_PURGE);
    if (templates.life(state, 0) == Templates.PURGED && undeletes) {
      live(state, 0, Templates.AVAILABLE, "is undeleted, though purged", out);
    }
    for (int template = 1; template < templates.count(); template++) {
      if (templates.life(state, template) == Templates.AVAILABLE) {
        live(state, template, Templates.PURGED, "is deleted and purged", out);
      }
    }
  }

  private void live(State state, int template, int life, String what, Steps out) {
    State next = state.copy();
    world.templates().setLife(next, template, life);
    out.step(next, () -> "T" + template + " " + what);
  }

  private void sessionsBelievedDead(State state, Steps out) {
    for (int session = 0; session < world.database().sessions.length; session++) {
      if (world.database().hasSession(state, session)) {
        State next = state.copy();
        world.database().sessions[session].set(next, 0);
        int dead = session + 1;
        out.step(next, () -> "S" + dead + " is believed dead: its row is removed");
      }
    }
  }

  private void lateDeletes(State state, Steps out) {
    for (int key = 0; key < world.bucket().keys(); key++) {
      if (world.bucket().lateDeletes.has(state, key)) {
        State next = state.copy();
        world.bucket().lateDeletes.remove(next, key);
        world.bucket().delete(next, key);
        int landed = key;
        out.step(next, () -> "a late DELETE of " + world.bucket().name(landed) + " lands");
      }
    }
  }

  private void latePuts(State state, Steps out) {
    for (int key = 0; key < world.bucket().keys(); key++) {
      if (world.bucket().latePuts.has(state, key)) {
        State next = state.copy();
        land(next, key);
        int landed = key;
        out.step(next, () -> "a late PUT of " + world.bucket().name(landed) + " lands");
      }
    }
  }

  private void land(State next, int key) {
    world.bucket().latePuts.remove(next, key);
    world.put(next, key);
  }

  /** Rule 12: any collection deletes them, of which there may be others than those modelled. */
  private void oldObjects(State state, Steps out) {
    for (int key = 0; key < world.bucket().keys(); key++) {
      if (world.bucket().has(state, key) && world.isOld(state, key)) {
        State next = state.copy();
        world.bucket().delete(next, key);
        int deleted = key;
        out.step(next, () -> world.bucket().name(deleted) + ", below its epoch, is deleted");
      }
    }
  }

  /** All PUTs that are on their way land. */
  void settle(State state) {
    for (int key = 0; key < world.bucket().keys(); key++) {
      if (world.bucket().latePuts.has(state, key)) {
        land(state, key);
      }
    }
  }

  /** Once, chunk a goes bad at the key where it is read. */
  private void badDisk(State state, Steps out) {
    if (!world.setup().has(Part.REPAIR) || wentBad.get(state) != 0) {
      return;
    }
    int key = world.bucket().key(0, world.database().epoch(state, 0));
    if (world.bucket().has(state, key)) {
      State next = state.copy();
      wentBad.set(next, 1);
      world.bucket().rotten.add(next, key);
      out.step(next, () -> world.bucket().name(key) + " goes bad");
    }
  }
}
