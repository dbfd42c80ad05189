package io.platen.upkeep;

import io.platen.chunkstore.Cancellation;
import io.platen.chunkstore.ChunkId;
import io.platen.chunkstore.StoreMaintenance;
import io.platen.database.Database;
import io.platen.template.Damage;
import io.platen.template.TemplateRepository;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongConsumer;
import java.util.stream.Collectors;
import org.jboss.logging.Logger;
import org.jdbi.v3.core.Handle;
import org.jspecify.annotations.Nullable;

/**
 * Sets bad chunks aside, fetches what is lost from other stores that have the same templates, and
 * marks those that stay damaged, so that none is launched; the next capture that holds the same
 * data stores it again. Chunks go first: a template that is published before its chunk goes is
 * found by the walk over all indexes that follows, and one that is captured later finds the chunk
 * missing and stores it.
 */
final class Repair {
  private static final Logger LOG = Logger.getLogger(Repair.class);

  private final Database database;
  private final TemplateRepository templates;
  private final String name;
  private final StoreMaintenance store;
  private final Verification verification;
  private final Set<String> readable;
  private final Mending mending;

  /** Two at once could set a chunk aside that has been stored again since. */
  private final ReentrantLock one = new ReentrantLock();

  /**
   * @param name the store's, as rows of templates have it
   * @param readable the stores that all nodes can read
   */
  Repair(
      Database database,
      TemplateRepository templates,
      String name,
      StoreMaintenance store,
      Verification verification,
      Mending mending,
      Set<String> readable) {
    this.mending = mending;
    this.readable = Set.copyOf(readable);
    this.database = database;
    this.templates = templates;
    this.name = name;
    this.store = store;
    this.verification = verification;
  }

  /**
   * Repairs.
   *
   * @param templateId whose chunks to read; null for those of all templates
   */
  VerifyReport run(@Nullable String templateId, LongConsumer progress, Cancellation cancellation)
      throws IOException {
    one.lock();
    try {
      var before = database.read(handle -> templates.damaged(handle, name));
      var report = verification.setAside(store, templateId, progress, cancellation);
      var run = new MendingRun(verification, store, mending, cancellation);
      for (var damaged : report.damaged()) {
        run.mend(damaged);
      }
      var whole = new ArrayList<>(run.whole());
      var found = report.damaged().stream().map(VerifyReport.DamagedTemplate::template).toList();
      for (var damage : before) {
        boolean read = templateId == null || damage.templateId().equals(templateId);
        if (read && !found.contains(damage.templateId())) {
          whole.add(damage.templateId());
        }
      }
      database.change(
          handle -> {
            run.left().forEach(each -> mark(handle, each, run.isLost(each.template())));
            // A mark of one that is a copy here says what another store lacks.
            whole.stream()
                .filter(id -> templates.isOf(handle, id, name))
                .forEach(id -> templates.heal(handle, id));
          });
      // A capture may have stored what was missing while the indexes were read. Its own look comes
      // after this one, but one that was cancelled takes none.
      healWhereWhole(cancellation);
      var damaged =
          database.read(handle -> templates.damaged(handle, name)).stream()
              .map(Damage::templateId)
              .collect(Collectors.toSet());
      var still =
          run.left().stream()
              .filter(each -> damaged.contains(each.template()) || isCopy(each.template()))
              .toList();
      return run.report(report, still, whole);
    } finally {
      one.unlock();
    }
  }

  /**
   * Fetches whatever the store lacks of templates that other stores have, without a look at what is
   * damaged: for a store that has lost all its indexes.
   *
   * @param templateId only this one; null for all of them
   * @return what was fetched
   */
  List<VerifyReport.MendedTemplate> fetchAll(@Nullable String templateId, Cancellation cancellation)
      throws IOException {
    one.lock();
    try {
      var done = new ArrayList<VerifyReport.MendedTemplate>();
      for (var id : templateId == null ? verification.templates() : List.of(templateId)) {
        String digest = verification.digest(id);
        if (digest != null) {
          mending.mend(id, digest, cancellation).ifPresent(done::add);
        }
      }
      return done;
    } finally {
      one.unlock();
    }
  }

  private boolean isCopy(String templateId) {
    return !database.<Boolean, RuntimeException>read(h -> templates.isOf(h, templateId, name));
  }

  /**
   * Writes what is so of a template that stays damaged.
   *
   * @param isLost whether the others that could be read lack some of it as well
   */
  private void mark(Handle handle, VerifyReport.DamagedTemplate damaged, boolean isLost) {
    boolean isCopy = !templates.isOf(handle, damaged.template(), name);
    boolean isElsewhere = templates.isElsewhere(handle, damaged.template(), name, readable);
    if (isCopy && isElsewhere && isLost) {
      LOG.errorf(
          "the copy of the template %s (%s) in the store %s is damaged, and what it lacks is whole in none of the others: it stays, since they may lack more: %s",
          damaged.template(), damaged.name(), name, damaged.what());
      return;
    }
    if (isCopy && isElsewhere) {
      LOG.warnf(
          "the copy of the template %s (%s) in the store %s is damaged, and is made anew where it is needed: %s",
          damaged.template(), damaged.name(), name, damaged.what());
      templates.forgetCopy(handle, damaged.template(), name);
      return;
    }
    if (isCopy) {
      // What is left of it is all that there is, and goes unless the template is here from now on.
      templates.moveToCopy(handle, damaged.template(), name);
    }
    LOG.errorf(
        "template %s (%s) is damaged: %s", damaged.template(), damaged.name(), damaged.what());
    templates.damage(
        handle, damaged.template(), damaged.what(), damaged.chunk(), isElsewhere && !isLost);
  }

  /** Looks which damaged templates are whole again, after a capture has stored something. */
  void heal(Cancellation cancellation) throws IOException {
    one.lock();
    try {
      healWhereWhole(cancellation);
    } finally {
      one.unlock();
    }
  }

  private void healWhereWhole(Cancellation cancellation) throws IOException {
    for (var damage : database.read(handle -> templates.damaged(handle, name))) {
      if (mayBeWhole(damage, cancellation)) {
        heal(damage.templateId(), cancellation);
      }
    }
  }

  private boolean mayBeWhole(Damage damage, Cancellation cancellation) throws IOException {
    var chunk = damage.chunk();
    return chunk == null || verification.isGood(ChunkId.ofHex(chunk), cancellation);
  }

  private void heal(String id, Cancellation cancellation) throws IOException {
    var report = verification.verify(id, done -> {}, cancellation);
    List<VerifyReport.DamagedTemplate> still =
        report.damaged().stream().filter(damaged -> damaged.template().equals(id)).toList();
    if (still.isEmpty()) {
      LOG.infof("template %s is whole again", id);
      database.change(handle -> templates.heal(handle, id));
    } else {
      var damaged = still.getFirst();
      database.change(
          handle -> templates.stillDamaged(handle, id, damaged.what(), damaged.chunk()));
    }
  }
}
