package io.platen.collectionmodel;

import java.util.List;

/** How a collection reads the roots: in one transaction, or in pages. */
final class RootReading {
  private final World world;
  private final CollectionMemory memory;
  private final boolean paged;
  private final boolean machinesFirst;

  RootReading(World world, CollectionMemory memory) {
    this.world = world;
    this.memory = memory;
    machinesFirst = world.rules().allow(Variation.MACHINES_READ_FIRST);
    paged = machinesFirst || world.rules().allow(Variation.ROOTS_READ_IN_PAGES);
  }

  /** What one transaction may read: more than one answer only where clocks decide. */
  List<Integer> read(State state) {
    int roots = world.templates().inThisStore(state, paged ? page(state) : all(state));
    boolean clockDecides =
        !world.rules().keep(Safeguard.NO_CLOCK_DECIDES)
            && world.templates().life(state, 0) == Templates.DELETED;
    return clockDecides ? List.of(roots, roots & ~1) : List.of(roots);
  }

  /** Goes on to the next page. Returns whether there is none. */
  boolean turnPage(State next) {
    int turned = paged ? (memory.page.get(next) + 1) % (world.templates().count() + 1) : 0;
    memory.page.set(next, turned);
    return turned == 0;
  }

  private int all(State state) {
    return world.templates().everywhere(state);
  }

  /** Each page is a template, but the last one is what machines stand on; or the first one. */
  private int page(State state) {
    int page = memory.page.get(state);
    if (page == (machinesFirst ? 0 : world.templates().count())) {
      return world.templates().rootsByMachines(state);
    }
    int template = machinesFirst ? page - 1 : page;
    return world.templates().rootsByLife(state) & Bits.of(template);
  }
}
