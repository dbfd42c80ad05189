package io.platen.hypervisor;

import io.platen.disk.DirtyBitmap;
import io.platen.nbd.NbdContext;
import java.io.IOException;
import java.util.Optional;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * The dirty bitmaps around one copy of a running machine's disk: one that notes what is written
 * from before the copy on, for the next time, and one of an earlier time that is served. Each tells
 * of too much rather than of too little, so nothing has to happen in the moment of the copy itself.
 *
 * <p>Where QEMU refuses something, the copy is one without bitmaps.
 */
final class WriteNotes {
  private static final Logger LOG = Logger.getLogger(WriteNotes.class);
  private static final String EXPORT = "platen-dirt";

  private final DirtyBitmaps bitmaps;
  private final String domain;
  private final WriteTracking tracking;
  private @Nullable String begun;
  private @Nullable WrittenSince served;

  WriteNotes(QemuMonitor monitor, String domain, WriteTracking tracking) {
    this.bitmaps = new DirtyBitmaps(monitor, tracking.machineId());
    this.domain = domain;
    this.tracking = tracking;
  }

  /**
   * Begins a bitmap, before the copy: what is written in between is noted as well as copied.
   *
   * @param index libvirt's number for the disk's own image
   * @param isPersistent whether it is kept in that image's file
   */
  void begin(String index, boolean isPersistent) throws IOException, InterruptedException {
    if (!tracking.isWanted()) {
      return;
    }
    try {
      var node = bitmaps.node(index);
      if (node.isEmpty()) {
        LOG.infof("QEMU has no block node that notes what is written to the disk of %s", domain);
        return;
      }
      var since = tracking.usable(node.get());
      String name = DirtyBitmap.newName(tracking.machineId());
      bitmaps.begin(node.get(), name, since, isPersistent);
      begun = name;
    } catch (HypervisorException e) {
      LOG.infof("what is written to the disk of %s is not noted: %s", domain, e.getMessage());
    }
  }

  /** Serves what was written since an earlier time, on the NBD server of the copy. */
  void serve(String index) throws IOException, InterruptedException {
    String name = begun;
    begun = null;
    if (!tracking.isWanted()) {
      return;
    }
    try {
      var node = bitmaps.node(index);
      if (node.isPresent()) {
        // The domain may have ended and begun in between, or have another image by now.
        begun = name != null && node.get().hasUsable(name) ? name : null;
        serve(node.get());
      }
    } catch (HypervisorException e) {
      LOG.infof("what was written to the disk of %s is not known: %s", domain, e.getMessage());
    }
  }

  private void serve(DirtyBitmaps.Node node) throws IOException, InterruptedException {
    var since = tracking.usable(node);
    if (since.isEmpty()) {
      return;
    }
    String frozen = DirtyBitmap.newName(tracking.machineId());
    bitmaps.serve(node, since.get(), frozen, EXPORT);
    served = new WrittenSince(since.get(), EXPORT, NbdContext.dirtyBitmap(frozen));
  }

  /** Nothing is noted after all: the disk is not the one that it was taken for. */
  void giveUp() {
    begun = null;
  }

  Optional<String> begun() {
    return Optional.ofNullable(begun);
  }

  Optional<WrittenSince> served() {
    return Optional.ofNullable(served);
  }
}
