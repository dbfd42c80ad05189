package io.platen.machine;

import io.platen.config.DataDirectory;
import io.platen.disk.ImageHeader;
import io.platen.event.EventName;
import io.platen.launch.LaunchedDisks;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jboss.logging.Logger;
import org.jdbi.v3.core.Handle;
import org.jspecify.annotations.Nullable;

/**
 * What machines' disks stand on, and their sizes, where the database is older than the disks: a
 * restore of a snapshot since gave a machine another disk, or it grew. Its row then names an index
 * that may be gone, which no collection gets over, and a base image that is not below the disk,
 * with which it can't be captured. What is below the disk its own header says, and what that is
 * {@code machine.json}.
 */
public final class MachineBases {
  private static final Logger LOG = Logger.getLogger(MachineBases.class);

  private MachineBases() {}

  private record Row(String id, BaseTemplate base, long diskBytes, @Nullable String other) {}

  /**
   * Has the rows of a node's machines follow their disks, in the caller's transaction. Machines
   * that are being restored, or grow, are left to that.
   *
   * @return the machines whose rows have changed
   */
  public static List<String> follow(Handle handle, DataDirectory data, String node, Instant now) {
    var changed = new ArrayList<String>();
    for (var row : rows(handle, node)) {
      var base = below(data, row);
      boolean keepsOther =
          row.other == null
              || Files.exists(data.machineFormerDisk(row.id))
              || Files.exists(data.machineRestoredDisk(row.id));
      if (base.isEmpty()) {
        continue;
      }
      long bytes = size(data, row);
      if (!base.get().equals(row.base) || !keepsOther || bytes != row.diskBytes) {
        write(handle, row.id, base.get(), bytes, keepsOther, now);
        changed.add(row.id);
      }
    }
    return changed;
  }

  private static List<Row> rows(Handle handle, String node) {
    return handle
        .createQuery(
            """
            SELECT id, base_template_id, base_digest, disk_bytes, other_template_id FROM machine m
            WHERE node = :node AND dt_deleted IS NULL AND base_template_id IS NOT NULL
              AND NOT EXISTS (
                SELECT 1 FROM event e
                WHERE e.machine_id = m.id AND e.name IN (:restore, :growth) AND e.dt_finished IS NULL)
            ORDER BY id
            """)
        .bind("node", node)
        .bind("restore", EventName.SNAPSHOT_RESTORE.label())
        .bind("growth", EventName.VM_UPGRADE.label())
        .map(
            (row, context) ->
                new Row(
                    row.getString("id"),
                    new BaseTemplate(
                        row.getString("base_template_id"), row.getString("base_digest")),
                    row.getLong("disk_bytes"),
                    row.getString("other_template_id")))
        .list();
  }

  /** Empty where that is not known, or there is no disk. */
  private static Optional<BaseTemplate> below(DataDirectory data, Row row) {
    try {
      var digest = LaunchedDisks.baseDigest(data.machineDisk(row.id));
      if (digest.isEmpty() || digest.get().equals(row.base.indexDigest())) {
        return digest.map(_ -> row.base);
      }
      var file = MachineFile.read(data.machineFile(row.id), row.id);
      return Optional.of(new BaseTemplate(file.templateId(), file.indexDigest()))
          .filter(told -> told.indexDigest().equals(digest.get()));
    } catch (IOException e) {
      LOG.warnf("what the disk of %s stands on is not known: %s", row.id, e.getMessage());
      return Optional.empty();
    }
  }

  /** As the row says where there is no disk, or its header can't be read. */
  private static long size(DataDirectory data, Row row) {
    Path disk = data.machineDisk(row.id);
    if (!Files.exists(disk)) {
      return row.diskBytes;
    }
    try {
      return ImageHeader.sizeInUse(disk);
    } catch (IOException e) {
      LOG.warnf("the size of the disk of %s is not known: %s", row.id, e.getMessage());
      return row.diskBytes;
    }
  }

  private static void write(
      Handle handle, String id, BaseTemplate base, long bytes, boolean keepsOther, Instant now) {
    String other = keepsOther ? "" : ", other_template_id = NULL, other_digest = NULL";
    handle
        .createUpdate(
            """
            UPDATE machine SET base_template_id = :template, base_digest = :digest, disk_bytes = :bytes,
              dt_modified = :now%s
            WHERE id = :id
            """
                .formatted(other))
        .bind("template", base.templateId())
        .bind("digest", base.indexDigest())
        .bind("bytes", bytes)
        .bind("now", now.toEpochMilli())
        .bind("id", id)
        .execute();
  }

  /** Whether a machine's row may be older than its disk: what it names is not below that. */
  static boolean isBehind(DataDirectory data, String id, @Nullable BaseTemplate base) {
    try {
      return base != null
          && LaunchedDisks.baseDigest(data.machineDisk(id))
              .filter(digest -> !digest.equals(base.indexDigest()))
              .isPresent();
    } catch (IOException e) {
      LOG.debugf("what the disk of %s stands on is not known: %s", id, e.getMessage());
      return false;
    }
  }
}
