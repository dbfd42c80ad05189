package io.platen.node;

import io.platen.config.Overcommit;
import io.platen.database.Database;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.jdbi.v3.core.Handle;
import org.jspecify.annotations.Nullable;

/**
 * Which node a new machine is made on: one of its region that is alive, is not drained, can run it,
 * has room, and has its template or the base image already, or can copy the template. Those with
 * the base image come first, then those with the template, each time the least loaded.
 *
 * <p>What a node gives is counted in its row, in the transaction of the launch, so that two
 * launches never take the same room; it is counted anew every few seconds.
 */
public final class Placement {
  /** What is left free on a disk: overlays grow. */
  private static final long LEAST_FREE = 1L << 30;

  private static final String OTHER_STORE = "not the template's store";

  private final Database database;
  private final Nodes nodes;
  private final Overcommit overcommit;

  public Placement(Database database, Nodes nodes, Overcommit overcommit) {
    this.database = database;
    this.nodes = nodes;
    this.overcommit = overcommit;
  }

  /**
   * What a machine needs.
   *
   * @param runs whether it needs a hypervisor
   * @param stores those that have its template
   * @param isCopied whether nodes with other stores can copy it from there
   * @param digest of its base image
   * @param only the one node that will do; null for any
   */
  public record Wish(
      String region,
      boolean runs,
      NodeSize size,
      Set<String> stores,
      boolean isCopied,
      String digest,
      @Nullable String only) {}

  /**
   * What came of it.
   *
   * @param node its name; empty where the database has one node only
   * @param missing why there is none, in words; null where there is one
   */
  public record Choice(String node, @Nullable String missing) {}

  /**
   * A node that will do.
   *
   * @param rank 0 where it has the base image, 1 where its store has the template, 2 where it is to
   *     be copied
   */
  private record Candidate(NodeRow node, int rank, double load) {}

  /** The name of this node; empty where the database has one only. */
  public String here() {
    return database.node();
  }

  /**
   * Picks a node, and counts what the machine is given there, in the caller's transaction. Not to
   * be asked where the database has one node only.
   */
  public Choice pick(Handle handle, Wish wish) {
    var withImage = withImage(handle, wish.digest());
    var candidates = new ArrayList<Candidate>();
    Map<String, Integer> missing = new LinkedHashMap<>();
    for (var node : nodes.inRegion(handle, wish.region())) {
      boolean hasImage = withImage.contains(node.name());
      var lack = lack(node, hasImage, wish);
      if (lack.isPresent()) {
        missing.merge(lack.get(), 1, Integer::sum);
      } else {
        int rank = hasImage ? 0 : wish.stores().contains(node.store()) ? 1 : 2;
        candidates.add(new Candidate(node, rank, load(node)));
      }
    }
    candidates.sort(
        Comparator.comparingInt(Candidate::rank)
            .thenComparingDouble(Candidate::load)
            .thenComparing(candidate -> candidate.node().name()));
    return take(handle, candidates, wish)
        .map(node -> new Choice(node, null))
        .orElseGet(() -> new Choice(database.node(), words(wish, missing, candidates.size())));
  }

  private static Set<String> withImage(Handle handle, String digest) {
    return new HashSet<>(
        handle
            .createQuery("SELECT node FROM node_image WHERE digest = :digest")
            .bind("digest", digest)
            .mapTo(String.class)
            .list());
  }

  private Optional<String> lack(NodeRow node, boolean hasImage, Wish wish) {
    if (wish.only() != null && !wish.only().equals(node.name())) {
      return Optional.of("another node than that of its network or address");
    }
    if (!node.isAlive()) {
      return Optional.of("no sign of life");
    }
    if (node.isDraining()) {
      return Optional.of("drained");
    }
    if (wish.runs() && !node.hasHypervisor()) {
      return Optional.of("no hypervisor");
    }
    if (!hasImage && !wish.isCopied() && !wish.stores().contains(node.store())) {
      return Optional.of(OTHER_STORE);
    }
    if (wish.runs()) {
      if (node.used().cpus() + wish.size().cpus() > node.capacity().cpus() * overcommit.cpus()) {
        return Optional.of("too few vCPUs");
      }
      if (node.used().memory() + wish.size().memory()
          > node.capacity().memory() * overcommit.memory()) {
        return Optional.of("too little memory");
      }
    }
    return node.freeDisk() < LEAST_FREE
            || node.used().disk() + wish.size().disk() > node.capacity().disk() * overcommit.disk()
        ? Optional.of("too little disk")
        : Optional.empty();
  }

  /** The part of what it has that it gives, of that of which it gives most. */
  private static double load(NodeRow node) {
    double cpus = node.used().cpus() / (double) Math.max(1, node.capacity().cpus());
    double memory = node.used().memory() / (double) Math.max(1, node.capacity().memory());
    return Math.max(cpus, memory);
  }

  /**
   * The first that has room still. One that another launch is about to take from is passed over
   * first, so that launches do not wait for each other where there are several as good.
   */
  private Optional<String> take(Handle handle, List<Candidate> candidates, Wish wish) {
    for (var candidate : candidates) {
      if (candidate.rank() == candidates.getFirst().rank()
          && isFree(handle, candidate.node().name())
          && take(handle, candidate.node().name(), wish)) {
        return Optional.of(candidate.node().name());
      }
    }
    for (var candidate : candidates) {
      if (take(handle, candidate.node().name(), wish)) {
        return Optional.of(candidate.node().name());
      }
    }
    return Optional.empty();
  }

  private static boolean isFree(Handle handle, String node) {
    return handle
        .createQuery("SELECT 1 FROM node WHERE name = :name FOR UPDATE SKIP LOCKED")
        .bind("name", node)
        .mapTo(Integer.class)
        .findOne()
        .isPresent();
  }

  private boolean take(Handle handle, String node, Wish wish) {
    return handle
            .createUpdate(
                """
                UPDATE node SET used_cpus = used_cpus + :cpus, used_memory = used_memory + :memory,
                  used_disk = used_disk + :disk, machines = machines + 1
                WHERE name = :name AND is_draining = 0 AND dt_heartbeat >= %s - :silent
                  AND (:runs = 0 OR (used_cpus + :cpus <= cpus * :manyCpus
                    AND used_memory + :memory <= memory * :muchMemory))
                  AND used_disk + :disk <= disk * :muchDisk
                """
                    .formatted(database.dialect().now()))
            .bind("name", node)
            .bind("cpus", wish.size().cpus())
            .bind("memory", wish.size().memory())
            .bind("disk", wish.size().disk())
            .bind("silent", Nodes.SILENT.toMillis())
            .bind("runs", wish.runs() ? 1 : 0)
            .bind("manyCpus", overcommit.cpus())
            .bind("muchMemory", overcommit.memory())
            .bind("muchDisk", overcommit.disk())
            .execute()
        == 1;
  }

  private static String words(Wish wish, Map<String, Integer> missing, int taken) {
    if (taken > 0) {
      missing.merge("taken in this moment", taken, Integer::sum);
    }
    int all = missing.values().stream().mapToInt(Integer::intValue).sum();
    String reasons =
        missing.entrySet().stream()
            .map(entry -> "%s on %d".formatted(entry.getKey(), entry.getValue()))
            .collect(Collectors.joining(", "));
    return "no node of %s can take the machine: %s%s"
        .formatted(
            wish.region(),
            all == 0 ? "there is none in that region" : reasons + " of " + all,
            missing.containsKey(OTHER_STORE)
                ? ". The template is in the directory of another node alone: distribute it to %s first, or launch where it is"
                    .formatted(wish.region())
                : "");
  }
}
