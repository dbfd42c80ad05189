package io.platen.hypervisor;

import com.fasterxml.jackson.databind.JsonNode;
import io.platen.disk.DirtyBitmap;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Predicate;
import org.jboss.logging.Logger;

/**
 * The dirty bitmaps of a running domain's disks, in which its QEMU notes what is written. Only
 * those of one machine are ever changed.
 */
public final class DirtyBitmaps {
  private static final Logger LOG = Logger.getLogger(DirtyBitmaps.class);

  /** What the names of nodes begin with that a mark is made on. */
  private static final String MARK = "platen-mark-";

  private final QemuMonitor monitor;
  private final String prefix;

  DirtyBitmaps(QemuMonitor monitor, String machineId) {
    this.monitor = monitor;
    this.prefix = DirtyBitmap.prefix(machineId);
  }

  /** Removes those of a machine from the disks of its domain, if that runs. */
  public static void removeAll(Hypervisor hypervisor, String domain, String machineId)
      throws IOException, InterruptedException {
    removeFrom(hypervisor, domain, machineId, _ -> true);
  }

  /** Removes those that are of no more use: QEMU resizes no disk that has one. */
  public static void removeUnusable(Hypervisor hypervisor, String domain, String machineId)
      throws IOException, InterruptedException {
    removeFrom(hypervisor, domain, machineId, bitmap -> !bitmap.isUsable());
  }

  private static void removeFrom(
      Hypervisor hypervisor, String domain, String machineId, Predicate<Bitmap> which)
      throws IOException, InterruptedException {
    var bitmaps = new DirtyBitmaps(new QemuMonitor(hypervisor.virsh(), domain), machineId);
    try {
      var description = hypervisor.describe(domain);
      if (description.isActive()) {
        for (var disk : description.disks()) {
          var node = bitmaps.node(disk.index());
          if (node.isPresent()) {
            bitmaps.remove(node.get(), which);
          }
        }
      }
    } catch (HypervisorException e) {
      LOG.infof("the dirty bitmaps of %s stay in %s: %s", machineId, domain, e.getMessage());
    }
  }

  /**
   * A bitmap, as QEMU describes it.
   *
   * @param isBusy whether something of QEMU's uses it, an export for example
   * @param isWhole whether it was there all the time and notes what is written
   */
  record Bitmap(String name, boolean isBusy, boolean isWhole) {
    static Bitmap of(JsonNode json) {
      return new Bitmap(
          json.path("name").asText(),
          json.path("busy").asBoolean(),
          json.path("recording").asBoolean() && !json.path("inconsistent").asBoolean());
    }

    boolean isUsable() {
      return isWhole && !isBusy;
    }
  }

  /**
   * The block node of an image of the domain's.
   *
   * @param bytes the size of the disk
   */
  record Node(String name, long bytes, List<Bitmap> bitmaps) {
    boolean hasUsable(String bitmap) {
      return bitmaps.contains(new Bitmap(bitmap, false, true));
    }
  }

  /**
   * The node that a disk is read and written through.
   *
   * @param index libvirt's number for the disk's own image
   * @return empty where there is none of the names that libvirt gives
   */
  Optional<Node> node(String index) throws IOException, InterruptedException {
    var all = monitor.run("query-named-block-nodes", Map.of("flat", true));
    // Raw images without a format node: libvirt 10 and later.
    for (var name : List.of("libvirt-" + index + "-format", "libvirt-" + index + "-storage")) {
      for (var node : all) {
        if (node.path("node-name").asText().equals(name)) {
          return Optional.of(node(name, node));
        }
      }
    }
    return Optional.empty();
  }

  private static Node node(String name, JsonNode json) {
    var bitmaps = new ArrayList<Bitmap>();
    json.path("dirty-bitmaps").forEach(bitmap -> bitmaps.add(Bitmap.of(bitmap)));
    return new Node(name, json.path("image").path("virtual-size").asLong(), bitmaps);
  }

  /**
   * Begins a bitmap: it notes what is written to the node from now on. The machine's older ones are
   * removed.
   *
   * @param kept the older one that stays; empty for none
   * @param isPersistent whether it is kept in the image's file when QEMU ends
   */
  void begin(Node node, String name, Optional<String> kept, boolean isPersistent)
      throws IOException, InterruptedException {
    String mark = MARK + UUID.randomUUID().toString().substring(0, 8);
    var actions = new ArrayList<Map<String, Object>>();
    for (var old : node.bitmaps()) {
      if (isOurs(old) && !old.isBusy() && kept.filter(old.name()::equals).isEmpty()) {
        actions.add(action("remove", Map.of("node", node.name(), "name", old.name())));
      }
    }
    actions.add(
        action(
            "add",
            Map.of(
                "node",
                node.name(),
                "name",
                name,
                "granularity",
                DirtyBitmap.GRANULARITY,
                "persistent",
                isPersistent)));
    actions.add(merge(node, name, Map.of("node", mark, "name", "end")));
    monitor.runAll(
        List.of(
            QemuMonitor.Command.of(
                "blockdev-add",
                Map.of(
                    "driver",
                    "null-co",
                    "node-name",
                    mark,
                    "size",
                    node.bytes(),
                    "read-zeroes",
                    true)),
            QemuMonitor.Command.of(
                "block-dirty-bitmap-add",
                Map.of("node", mark, "name", "end", "granularity", DirtyBitmap.GRANULARITY)),
            // There is no command of the protocol that writes.
            QemuMonitor.Command.forPeople(
                "qemu-io %s \"write -z %d %d\""
                    .formatted(mark, DirtyBitmap.markOffset(node.bytes()), DirtyBitmap.MARK_BYTES)),
            QemuMonitor.Command.of("transaction", Map.of("actions", actions)),
            QemuMonitor.Command.of("blockdev-del", Map.of("node-name", mark))));
  }

  private boolean isOurs(Bitmap bitmap) {
    return bitmap.name().startsWith(prefix);
  }

  private static Map<String, Object> action(String what, Map<String, Object> data) {
    return Map.of("type", "block-dirty-bitmap-" + what, "data", data);
  }

  private static Map<String, Object> merge(Node node, String into, Object from) {
    return action("merge", Map.of("node", node.name(), "target", into, "bitmaps", List.of(from)));
  }

  /**
   * Serves a copy of a bitmap, on the NBD server that there is. It does not change any more, and is
   * never kept in a file; the next {@link #begin} removes it.
   *
   * @param to its name
   */
  void serve(Node node, String from, String to, String export)
      throws IOException, InterruptedException {
    var copy =
        Map.<String, Object>of(
            "node",
            node.name(),
            "name",
            to,
            "granularity",
            DirtyBitmap.GRANULARITY,
            "disabled",
            true);
    monitor.runAll(
        List.of(
            QemuMonitor.Command.of(
                "transaction",
                Map.of("actions", List.of(action("add", copy), merge(node, to, from)))),
            QemuMonitor.Command.of(
                "block-export-add",
                Map.of(
                    "type",
                    "nbd",
                    "id",
                    export,
                    "node-name",
                    node.name(),
                    "name",
                    export,
                    "bitmaps",
                    List.of(to)))));
  }

  /** Removes those of this machine's that are not to be kept. One that stays costs little. */
  private void remove(Node node, Predicate<Bitmap> which) throws IOException, InterruptedException {
    for (var bitmap : node.bitmaps()) {
      if (isOurs(bitmap) && which.test(bitmap)) {
        remove(node, bitmap.name());
      }
    }
  }

  private void remove(Node node, String name) throws IOException, InterruptedException {
    try {
      monitor.run("block-dirty-bitmap-remove", Map.of("node", node.name(), "name", name));
    } catch (HypervisorException e) {
      LOG.infof("the dirty bitmap %s stays: %s", name, e.getMessage());
    }
  }
}
