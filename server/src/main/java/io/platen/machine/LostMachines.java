package io.platen.machine;

import io.platen.chunkstore.IndexStore;
import io.platen.config.DataDirectory;
import io.platen.database.Database;
import io.platen.hypervisor.Hypervisor;
import io.platen.hypervisor.OwnDomains;
import io.platen.node.Node;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Finds the machines that are here and that the database does not know: their directories, and
 * domains that carry this installation's mark. That is what an older database that is put back
 * leaves of the machines that were launched since.
 */
public final class LostMachines {
  private final Database database;
  private final RemovalRepository removals;
  private final Hypervisor hypervisor;
  private final OwnDomains domains;
  private final DataDirectory data;
  private final IndexStore indexes;

  /** Of domains without a directory, whether they are this installation's. */
  private final Map<String, Boolean> own = new HashMap<>();

  public LostMachines(
      Database database, RemovalRepository removals, Node node, IndexStore indexes) {
    this.database = database;
    this.removals = removals;
    this.hypervisor = node.hypervisor();
    this.domains = node.domains();
    this.data = node.data();
    this.indexes = indexes;
  }

  /** The machines among these that the database does not know. */
  synchronized Set<String> ids(MachinesHere here) throws IOException, InterruptedException {
    var candidates = new HashSet<>(here.directories());
    candidates.addAll(here.domainIds());
    // The directories were listed before: what the database does not know now, it never did.
    candidates.removeAll(database.read(handle -> removals.known(handle, Set.copyOf(candidates))));
    var lost = new TreeSet<String>();
    for (var id : candidates) {
      if (here.directories().contains(id) ? hasContent(id) : isOwn(id)) {
        lost.add(id);
      }
    }
    own.keySet().retainAll(candidates);
    return lost;
  }

  /** How many machines are here that the database does not know. */
  public int count() throws IOException, InterruptedException {
    return ids(MachinesHere.look(hypervisor, data)).size();
  }

  private boolean hasContent(String id) {
    return Files.exists(data.machineDisk(id)) || Files.exists(data.machineFile(id));
  }

  private boolean isOwn(String id) throws IOException, InterruptedException {
    var known = own.get(id);
    if (known == null) {
      known = domains.findOwn(id).isPresent();
      own.put(id, known);
    }
    return known;
  }

  /**
   * All of them, and those that the database records as removed although their disk is here: one
   * that was put back from a backup, for example.
   */
  public List<LostMachine> list() throws IOException, InterruptedException {
    var here = MachinesHere.look(hypervisor, data);
    var ids = new TreeSet<>(ids(here));
    database.read(handle -> removals.removed(handle, here.directories())).stream()
        .filter(this::hasContent)
        .forEach(ids::add);
    var found = new ArrayList<LostMachine>();
    for (var id : ids) {
      found.add(look(id, here));
    }
    return found;
  }

  /** One machine, whether or not there is anything of it. */
  LostMachine look(String id) throws IOException, InterruptedException {
    return look(id, MachinesHere.look(hypervisor, data));
  }

  private LostMachine look(String id, MachinesHere here) throws IOException {
    var missing = new ArrayList<String>();
    var file = file(id, missing);
    boolean hasDisk = isThere(data.machineDisk(id), "disk", missing);
    if (file != null) {
      isThere(data.baseImage(file.indexDigest()), "base image", missing);
      if (!indexes.has(file.templateId())) {
        missing.add("index " + indexes.place(file.templateId()));
      }
    }
    boolean deleted = database.read(handle -> removals.isDeleted(handle, id));
    return new LostMachine(
        id,
        here.directories().contains(id),
        here.isActive(id).orElse(null),
        here.absence(),
        deleted,
        hasDisk,
        file,
        missing);
  }

  private @Nullable MachineFile file(String id, List<String> missing) {
    var path = data.machineFile(id);
    if (!isThere(path, "description", missing)) {
      return null;
    }
    try {
      return MachineFile.read(path, id);
    } catch (IOException e) {
      missing.add("description (%s)".formatted(e.getMessage()));
      return null;
    }
  }

  private static boolean isThere(Path path, String what, List<String> missing) {
    boolean there = Files.exists(path);
    if (!there) {
      missing.add(what + " " + path);
    }
    return there;
  }
}
