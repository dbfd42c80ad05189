package io.platen.upkeep;

import io.platen.api.ApiException;
import io.platen.chunkstore.Accounting;
import io.platen.chunkstore.Cancellation;
import io.platen.chunkstore.ChunkDirectory;
import io.platen.chunkstore.IndexCorrupt;
import io.platen.config.DataDirectory;
import io.platen.template.NeededTemplate;
import io.platen.template.Template;
import io.platen.template.TemplateState;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * What templates take in the store. Each count reads every index that is needed, since any of them
 * may share a chunk with any other; the last one is kept for as long as these are the same.
 */
public final class Storage {
  /** How long a request waits for a count that others asked for. */
  private static final long WAIT_SECONDS = 20;

  /** What is counted is kept in memory, about a kilobyte for each template. */
  private static final int MAXIMUM_TEMPLATES = 50_000;

  /** The group of OS templates; no id of a team is empty. */
  private static final String EVERYBODY = "";

  private final NeededIndexes needed;
  private final Accounting accounting;
  private final ReentrantLock counting = new ReentrantLock();

  /** Guarded by the lock. */
  private @Nullable Counted last;

  private record Counted(List<NeededTemplate> templates, Accounting.Total total) {}

  public Storage(DataDirectory data, NeededIndexes needed) {
    this.needed = needed;
    this.accounting = new Accounting(new ChunkDirectory(data.store()));
  }

  /**
   * What a template takes.
   *
   * @param team the name of its team; null for an OS template
   * @param held whether a machine's disk stands on it: deleting it frees nothing then
   */
  public record OfTemplate(
      String id, String name, @Nullable String team, boolean held, Accounting.Usage usage) {
    /** What deleting it, and a collection after that, would free in the store, in bytes. */
    public long freedByDeleting() {
      return held ? 0 : usage.exclusiveBytes();
    }
  }

  /**
   * What the templates of a team take together.
   *
   * @param team its name; null for the OS templates
   * @param virtualBytes the sizes of their disks; those of deleted templates that machines stand on
   *     are among them
   */
  public record OfTeam(@Nullable String team, long virtualBytes, Accounting.GroupUsage usage) {}

  /**
   * What everything takes.
   *
   * @param storedBytes and {@code storedChunks}: what all of them name, each chunk counted once
   */
  public record Everything(
      List<OfTemplate> templates, List<OfTeam> teams, long storedBytes, long storedChunks) {}

  /**
   * A template that is not deleted.
   *
   * @throws ApiException CONFLICT while it is being captured; NOT_FOUND where it was deleted in the
   *     meantime; UNAVAILABLE where an index can't be read
   */
  public OfTemplate get(Template template) {
    if (template.state() == TemplateState.CAPTURING) {
      throw ApiException.conflict(
          "Template %s is still being captured; wait for its template-create event to end."
              .formatted(template.id()));
    }
    awaitTurn();
    try {
      var counted = count(new Cancellation());
      return counted.templates().stream()
          .filter(some -> some.id().equals(template.id()) && !some.deleted())
          .flatMap(some -> ofTemplate(counted, some).stream())
          .findAny()
          .orElseThrow(() -> ApiException.notFound("custom template", template.id()));
    } catch (IndexCorrupt e) {
      throw ApiException.unavailable(
          "The store can't be counted: %s. \"platen verify\" tells which templates are hurt."
              .formatted(e.getMessage()),
          e);
    } catch (IOException e) {
      throw ApiException.unavailable(
          "The store can't be counted: %s.".formatted(e.getMessage()), e);
    } finally {
      counting.unlock();
    }
  }

  private void awaitTurn() {
    try {
      if (counting.tryLock(WAIT_SECONDS, TimeUnit.SECONDS)) {
        return;
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    throw ApiException.unavailable("The store is being counted for others; try again.", null);
  }

  private Optional<OfTemplate> ofTemplate(Counted counted, NeededTemplate template) {
    var usage = counted.total().images().get(needed.root(template));
    return usage == null
        ? Optional.empty()
        : Optional.of(
            new OfTemplate(
                template.id(), template.name(), template.team(), template.held(), usage));
  }

  /**
   * All templates.
   *
   * @throws IndexCorrupt where an index can't be read
   */
  public Everything all(Cancellation cancellation) throws IOException {
    counting.lock();
    try {
      var counted = count(cancellation);
      var templates = new ArrayList<OfTemplate>();
      var names = new LinkedHashMap<String, @Nullable String>();
      var virtual = new HashMap<String, Long>();
      for (var template : counted.templates()) {
        var found = ofTemplate(counted, template);
        if (found.isPresent()) {
          names.put(group(template), template.team());
          virtual.merge(group(template), found.get().usage().virtualBytes(), Long::sum);
          if (!template.deleted()) {
            templates.add(found.get());
          }
        }
      }
      var teams = new ArrayList<OfTeam>();
      names.forEach(
          (group, name) -> {
            var usage = counted.total().groups().get(group);
            if (usage != null) {
              teams.add(new OfTeam(name, virtual.getOrDefault(group, 0L), usage));
            }
          });
      return new Everything(
          templates, teams, counted.total().storedBytes(), counted.total().storedChunks());
    } finally {
      counting.unlock();
    }
  }

  private Counted count(Cancellation cancellation) throws IOException {
    var all = needed.templates(MAXIMUM_TEMPLATES + 1);
    if (all.size() > MAXIMUM_TEMPLATES) {
      throw new IOException(
          "there are more than %d templates, which is as many as are counted; delete some"
              .formatted(MAXIMUM_TEMPLATES));
    }
    var templates = all.stream().filter(needed::isPublished).toList();
    var before = last;
    if (before != null && before.templates().equals(templates)) {
      return before;
    }
    var owners = new ArrayList<Accounting.Owner>();
    for (var template : templates) {
      owners.add(new Accounting.Owner(needed.root(template), group(template)));
    }
    var counted = new Counted(templates, accounting.count(needed, owners, cancellation));
    last = counted;
    return counted;
  }

  private static String group(NeededTemplate template) {
    var team = template.teamId();
    return team == null ? EVERYBODY : team;
  }
}
