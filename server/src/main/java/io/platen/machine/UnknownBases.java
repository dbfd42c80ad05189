package io.platen.machine;

import io.platen.config.DataDirectory;
import io.platen.database.Database;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.Map;
import java.util.TreeMap;

/**
 * What machines were launched from that are here and that the database does not know: by their
 * descriptions. An older database that was put back says of a purged template that nothing needs
 * it, until these machines are taken on again.
 */
public final class UnknownBases {
  private final Database database;
  private final RemovalRepository removals;
  private final DataDirectory data;

  public UnknownBases(Database database, RemovalRepository removals, DataDirectory data) {
    this.database = database;
    this.removals = removals;
    this.data = data;
  }

  /**
   * The templates, each with one of its machines.
   *
   * @throws IOException where a description can't be read, which the message names
   */
  public Map<String, String> templates() throws IOException {
    var here = MachinesHere.directories(data);
    // They were listed before: what the database does not know now, it never did.
    var unknown = new HashSet<>(here);
    unknown.removeAll(database.read(handle -> removals.known(handle, here)));
    var found = new TreeMap<String, String>();
    for (var id : unknown) {
      var file = data.machineFile(id);
      if (Files.exists(file)) {
        found.put(read(file, id).templateId(), id);
      }
    }
    return found;
  }

  private static MachineFile read(Path file, String id) throws IOException {
    try {
      return MachineFile.read(file, id);
    } catch (IOException e) {
      throw new IOException(
          "what the unknown machine %s was launched from is not known (%s). Move %s out of the data directory if nothing in it is wanted"
              .formatted(id, e.getMessage(), file.getParent()),
          e);
    }
  }
}
