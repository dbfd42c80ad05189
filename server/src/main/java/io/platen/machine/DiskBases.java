package io.platen.machine;

import io.platen.config.DataDirectory;
import io.platen.database.Database;
import io.platen.event.EventRepository;
import io.platen.launch.LaunchedDisks;
import java.io.IOException;
import java.nio.file.Files;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import org.jboss.logging.Logger;
import org.jdbi.v3.core.Handle;
import org.jspecify.annotations.Nullable;

/**
 * Has the database say what the disks of launched machines stand on, where it is older than they
 * are: a machine that was restored from a snapshot since, or grown, has another disk than an older
 * database that was put back, or restored from a dump, knows. The disk itself names its base image,
 * and {@code machine.json} beside it the template.
 */
public final class DiskBases {
  private static final Logger LOG = Logger.getLogger(DiskBases.class);

  private final Database database;
  private final MachineRepository machines;
  private final EventRepository events;
  private final DataDirectory data;
  private final LaunchedDisks disks;
  private final InstantSource clock;

  public DiskBases(
      Database database,
      MachineRepository machines,
      EventRepository events,
      DataDirectory data,
      InstantSource clock) {
    this.database = database;
    this.machines = machines;
    this.events = events;
    this.data = data;
    this.disks = new LaunchedDisks(data);
    this.clock = clock;
  }

  /**
   * Corrects the rows of these machines, but of those with an event under way: its job knows what
   * the disk is. To be called before jobs run, and before {@code machine.json} is written anew.
   */
  public void correct(List<Machine> all) {
    for (var machine : all) {
      var base = machine.disk().base();
      if (base != null) {
        try {
          correct(machine, base);
        } catch (IOException e) {
          // Its start looks again, and refuses.
          LOG.warnf("what the disk of %s stands on is not known: %s", machine.id(), e.getMessage());
        }
      }
    }
  }

  private void correct(Machine machine, BaseTemplate base) throws IOException {
    String id = machine.id();
    var found = disks.baseDigest(id);
    if (found.isEmpty()) {
      return;
    }
    String digest = found.get();
    boolean isSame = digest.equals(base.indexDigest());
    var file = file(id).filter(said -> said.indexDigest().equals(digest));
    long bytes = Math.max(machine.disk().bytes(), file.map(MachineFile::diskBytes).orElse(0L));
    if (isSame && bytes == machine.disk().bytes()) {
      return;
    }
    var former = disks.formerBaseDigest(id);
    database.change(
        handle -> {
          if (!events.open(handle, id).isEmpty()) {
            return;
          }
          var before = machines.other(handle, id).orElse(null);
          var now = isSame ? base : known(handle, digest, before, file).orElse(null);
          if (now == null) {
            LOG.errorf(
                "the disk of %s stands on the base image %s, and the database says %s: it is not started like that. Put back the newer database, or the description %s",
                id, digest, base.indexDigest(), data.machineFile(id));
            return;
          }
          var other = isSame ? before : former.isEmpty() ? null : of(former.get(), base, before);
          machines.correctDisk(
              handle,
              id,
              MachineDisk.over(now, bytes),
              other,
              clock.instant().truncatedTo(ChronoUnit.MILLIS));
          LOG.warnf(
              "the disk of %s is younger than the database: it stands on %s (%d bytes), and not on %s (%d bytes), as the database said",
              id, now.templateId(), bytes, base.templateId(), machine.disk().bytes());
        });
  }

  private Optional<MachineFile> file(String id) {
    var path = data.machineFile(id);
    try {
      return Files.exists(path) ? Optional.of(MachineFile.read(path, id)) : Optional.empty();
    } catch (IOException e) {
      LOG.warnf("not looked at: %s", e.getMessage());
      return Optional.empty();
    }
  }

  private static Optional<BaseTemplate> known(
      Handle handle, String digest, @Nullable BaseTemplate other, Optional<MachineFile> file) {
    var named = of(digest, other);
    return named != null
        ? Optional.of(named)
        : file.map(said -> new BaseTemplate(said.templateId(), digest))
            .or(() -> template(handle, digest));
  }

  private static @Nullable BaseTemplate of(String digest, @Nullable BaseTemplate... candidates) {
    for (var candidate : candidates) {
      if (candidate != null && Objects.equals(candidate.indexDigest(), digest)) {
        return candidate;
      }
    }
    return null;
  }

  /** One whose index has this digest: whichever it is, its base image is the same. */
  private static Optional<BaseTemplate> template(Handle handle, String digest) {
    return handle
        .createQuery(
            """
            SELECT id FROM template WHERE index_digest = :digest AND dt_purged IS NULL
            ORDER BY id LIMIT 1
            """)
        .bind("digest", digest)
        .mapTo(String.class)
        .findOne()
        .map(id -> new BaseTemplate(id, digest));
  }
}
