package io.platen.job;

import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Optional;

/**
 * One job at a time for each machine, in this process: two would work on the same disk and the same
 * domain. A job that finds another one at work stands in line, and holds no thread meanwhile. The
 * line is kept in memory only; after a crash the database names the jobs again.
 *
 * <p>Machines are named by their ids, and jobs that are about none by their own events' ids.
 */
final class MachineTurns {
  /** A job that is put off until its machine is free. */
  record Waiting(String eventId, JobQueue queue) {}

  private static final class Turn {
    private boolean taken;
    private final LinkedHashSet<Waiting> line = new LinkedHashSet<>();
  }

  private final Map<String, Turn> turns = new HashMap<>();

  /** Takes a machine's turn. False where it is taken: then the job stands in line. */
  synchronized boolean take(String machine, Waiting job) {
    var turn = turns.computeIfAbsent(machine, _ -> new Turn());
    if (turn.taken) {
      turn.line.add(job);
      return false;
    }
    turn.taken = true;
    turn.line.remove(job);
    return true;
  }

  /** Takes a machine's turn if it is free now. */
  synchronized boolean takeIfFree(String machine) {
    var turn = turns.computeIfAbsent(machine, _ -> new Turn());
    boolean free = !turn.taken;
    turn.taken = true;
    return free;
  }

  /** Gives the turn back; the next job of the line, which leaves it, has to be called. */
  synchronized Optional<Waiting> giveBack(String machine) {
    var turn = turns.get(machine);
    if (turn == null) {
      throw new IllegalStateException("nothing has the turn of " + machine);
    }
    turn.taken = false;
    return next(machine);
  }

  /** The next job of the line, which leaves it. */
  synchronized Optional<Waiting> next(String machine) {
    var turn = turns.get(machine);
    if (turn == null) {
      return Optional.empty();
    }
    var first = turn.line.isEmpty() ? null : turn.line.removeFirst();
    if (!turn.taken && turn.line.isEmpty()) {
      turns.remove(machine);
    }
    return Optional.ofNullable(first);
  }

  /** Whether a job stands in line still; if not, it was called. */
  synchronized boolean isInLine(String machine, Waiting job) {
    var turn = turns.get(machine);
    return turn != null && turn.line.contains(job);
  }
}
