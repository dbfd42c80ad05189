package io.platen.upkeep;

import io.platen.chunkstore.Accounting;
import io.platen.chunkstore.Cancellation;
import io.platen.chunkstore.IndexCorrupt;
import io.platen.chunkstore.StoredChunks;
import io.platen.database.Database;
import io.platen.team.Team;
import io.platen.team.TeamRepository;
import io.platen.template.NeededTemplate;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Counts what templates take in the store. Each count reads every index that is needed, since any
 * of them may share a chunk with any other.
 */
public final class Storage {
  /** How many templates are counted together. Each takes about half a kilobyte of memory. */
  private static final int BATCH = 50_000;

  /** The id that stands for the owner of OS templates; no team's id is empty. */
  private static final String OS_TEMPLATES = "";

  private final Database database;
  private final TeamRepository teams;
  private final NeededIndexes needed;
  private final Accounting accounting;
  private final int batch;

  public Storage(
      StoredChunks chunks, Database database, TeamRepository teams, NeededIndexes needed) {
    this(chunks, database, teams, needed, BATCH);
  }

  /** With batches of another size, for tests. */
  Storage(
      StoredChunks chunks,
      Database database,
      TeamRepository teams,
      NeededIndexes needed,
      int batch) {
    this.database = database;
    this.teams = teams;
    this.needed = needed;
    this.accounting = new Accounting(chunks);
    this.batch = batch;
  }

  /**
   * What a template takes.
   *
   * @param team the name of its team; null for an OS template
   * @param held whether a machine's disk stands on it: purging it frees nothing then
   */
  public record OfTemplate(
      String id, String name, @Nullable String team, boolean held, Accounting.Usage usage) {
    /** What purging it, and a collection after that, would free in the store, in bytes. */
    public long freedByPurging() {
      return held ? 0 : usage.exclusiveBytes();
    }
  }

  /**
   * What templates take whose ids follow each other.
   *
   * @param state of all templates, before they were counted: equal as long as none is captured,
   *     deleted or launched
   * @param templates those that are not deleted, by their ids, in this order
   * @param end the id behind which the next batch begins; empty where this is the last one
   */
  public record Batch(String state, Map<String, OfTemplate> templates, Optional<String> end) {}

  /**
   * What the templates of a team take together, with those that are deleted and that machines stand
   * on.
   *
   * @param team its name; null for the OS templates
   */
  public record OfTeam(@Nullable String team, Accounting.Usage usage) {}

  /**
   * What all teams take.
   *
   * @param storedBytes and {@code storedChunks}: what all of them name, each chunk counted once
   */
  public record Teams(List<OfTeam> teams, long storedBytes, long storedChunks) {}

  /**
   * Counts the batch that a template is in.
   *
   * @param before a batch that was counted before; it is the answer if it has the template, and
   *     nothing has changed since
   * @throws IndexCorrupt where an index can't be read
   */
  Batch batchWith(String id, @Nullable Batch before, Cancellation cancellation) throws IOException {
    String state = state();
    if (before != null && before.state().equals(state) && before.templates().containsKey(id)) {
      return before;
    }
    var first = needed.templates("", batch);
    return first.size() < batch || first.stream().anyMatch(template -> template.id().equals(id))
        ? count(state, first, cancellation)
        // The id without its last letter comes before it, and before no other: ids are random.
        : count(state, needed.templates(id.substring(0, id.length() - 1), batch), cancellation);
  }

  /**
   * Counts a batch.
   *
   * @param after of the templates whose ids are greater
   * @throws IndexCorrupt where an index can't be read
   */
  public Batch batch(String after, Cancellation cancellation) throws IOException {
    return count(state(), needed.templates(after, batch), cancellation);
  }

  private Batch count(String state, List<NeededTemplate> page, Cancellation cancellation)
      throws IOException {
    var numbers = new HashMap<String, Integer>();
    page.forEach(template -> numbers.put(template.id(), numbers.size()));
    var counted =
        accounting.count(
            needed,
            visitor ->
                needed.listTemplates(
                    (template, index) ->
                        visitor.visit(
                            index, numbers.getOrDefault(template.id(), Accounting.OTHERS))),
            page.size(),
            cancellation);
    var templates = new LinkedHashMap<String, OfTemplate>();
    for (int i = 0; i < page.size(); i++) {
      var template = page.get(i);
      var usage = counted.owners().get(i);
      if (!template.deleted() && usage.isPresent()) {
        templates.put(
            template.id(),
            new OfTemplate(
                template.id(), template.name(), template.team(), template.held(), usage.get()));
      }
    }
    return new Batch(
        state,
        templates,
        page.size() < batch ? Optional.empty() : Optional.of(page.getLast().id()));
  }

  /** Changes with what is needed, and with what machines stand on. */
  private String state() throws IOException {
    MessageDigest digest;
    try {
      digest = MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has it", e);
    }
    needed.listTemplates(
        (template, index) ->
            digest.update(
                "%s %s %s %s\n"
                    .formatted(
                        template.id(), template.indexDigest(), template.held(), template.deleted())
                    .getBytes(StandardCharsets.UTF_8)));
    return HexFormat.of().formatHex(digest.digest());
  }

  /**
   * Counts what teams take.
   *
   * @throws IndexCorrupt where an index can't be read
   */
  public Teams teams(Cancellation cancellation) throws IOException {
    var ids = new ArrayList<String>();
    var names = new ArrayList<@Nullable String>();
    ids.add(OS_TEMPLATES);
    names.add(null);
    for (Team team : database.read(teams::listTeams)) {
      ids.add(team.id());
      names.add(team.name());
    }
    var counted =
        accounting.count(
            needed,
            visitor -> {
              for (int i = 0; i < ids.size(); i++) {
                int owner = i;
                needed.listTemplates(ids.get(i), (template, index) -> visitor.visit(index, owner));
              }
            },
            ids.size(),
            cancellation);
    var found = new ArrayList<OfTeam>();
    for (int i = 0; i < ids.size(); i++) {
      String name = names.get(i);
      counted.owners().get(i).ifPresent(usage -> found.add(new OfTeam(name, usage)));
    }
    return new Teams(found, counted.storedBytes(), counted.storedChunks());
  }
}
