package io.platen.node;

import io.platen.catalog.Catalog;
import io.platen.catalog.MachineType;
import io.platen.database.Database;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;
import org.jdbi.v3.core.Handle;

/**
 * Tells the database, every few seconds, what this node has: processors, memory, disk, a hypervisor
 * and base images; and counts anew what its machines are given of that.
 */
public final class NodeReporter {
  private static final String IMAGE = ".raw";

  private final Database database;
  private final Nodes nodes;
  private final Node node;
  private final Catalog catalog;
  private final String region;
  private final String version;
  private final int schemaVersion;

  /**
   * @param region the short name of the node's region; empty where it takes machines of every one
   */
  public NodeReporter(
      Database database, Nodes nodes, Node node, Catalog catalog, String region, String version) {
    this.database = database;
    this.nodes = nodes;
    this.node = node;
    this.catalog = catalog;
    this.region = region;
    this.version = version;
    schemaVersion = database.knownSchema();
  }

  /** Tells it once. */
  public void report() throws IOException, InterruptedException {
    boolean runs = node.hypervisor().isThere();
    var files = Files.getFileStore(node.data().root());
    int cpus = Runtime.getRuntime().availableProcessors();
    long memory = memory();
    if (runs) {
      var host = node.hypervisor().capacity();
      cpus = host.cpus();
      memory = host.memory();
    }
    var report =
        new Nodes.Report(
            region,
            version,
            schemaVersion,
            runs,
            new NodeSize(cpus, memory, files.getTotalSpace()),
            files.getUsableSpace());
    nodes.images(images());
    database.change(
        handle -> {
          // First, so that what is counted next has every launch that was placed here.
          var _ = nodes.lock(handle, database.node());
          nodes.report(handle, report);
          count(handle);
        });
  }

  private static long memory() {
    return ManagementFactory.getOperatingSystemMXBean()
            instanceof com.sun.management.OperatingSystemMXBean host
        ? host.getTotalMemorySize()
        : 0;
  }

  private List<String> images() throws IOException {
    var digests = new ArrayList<String>();
    try (var files = Files.newDirectoryStream(node.data().cache(), "*" + IMAGE)) {
      for (var file : files) {
        String name = String.valueOf(file.getFileName());
        digests.add(name.substring(0, name.length() - IMAGE.length()));
      }
    }
    return digests;
  }

  private record Group(String machineType, int machines, long disk) {}

  private void count(Handle handle) {
    var groups =
        handle
            .createQuery(
                """
                SELECT machine_type, COUNT(*) AS machines,
                  SUM(CASE WHEN base_template_id IS NULL THEN 0 ELSE disk_bytes END) AS disk
                FROM machine WHERE node = :node AND dt_removed IS NULL AND dt_deleted IS NULL
                GROUP BY machine_type
                """)
            .bind("node", database.node())
            .map(
                (row, context) ->
                    new Group(
                        row.getString("machine_type"), row.getInt("machines"), row.getLong("disk")))
            .list();
    int cpus = 0;
    long memory = 0;
    long disk = 0;
    int machines = 0;
    for (var group : groups) {
      var type = catalog.machineType(group.machineType());
      cpus += type.map(MachineType::cpus).orElse(0) * group.machines();
      memory += type.map(MachineType::ram).orElse(0L) * group.machines();
      disk += group.disk();
      machines += group.machines();
    }
    nodes.use(handle, new NodeSize(cpus, memory, disk), machines);
  }
}
