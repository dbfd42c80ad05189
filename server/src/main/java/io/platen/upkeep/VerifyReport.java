package io.platen.upkeep;

import com.fasterxml.jackson.annotation.JsonSetter;
import com.fasterxml.jackson.annotation.Nulls;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What a verification found.
 *
 * @param indexes how many indexes were read
 * @param chunks how many different chunks they name; each was read
 * @param bytes what those take in the store
 * @param badChunks how many of them are bad
 * @param bad the bad ones, at most {@link io.platen.chunkstore.Verifier#MAX_LISTED} of them
 * @param damaged the templates that they damage
 * @param setAside how many chunks a repair has set aside
 * @param kept how many bad chunks a repair has left where they are, because a capture under way may
 *     need them, or reading them failed for a reason that is not theirs
 * @param healed damaged templates that were found whole again
 * @param mended those for which a repair asked other stores
 */
public record VerifyReport(
    int indexes,
    long chunks,
    long bytes,
    long badChunks,
    List<Bad> bad,
    List<DamagedTemplate> damaged,
    long setAside,
    long kept,
    List<String> healed,
    @JsonSetter(nulls = Nulls.AS_EMPTY) List<MendedTemplate> mended) {
  public VerifyReport {
    mended = List.copyOf(mended);
    bad = List.copyOf(bad);
    damaged = List.copyOf(damaged);
    healed = List.copyOf(healed);
  }

  /**
   * A bad chunk.
   *
   * @param chunk its id, in hexadecimal
   * @param what in words, naming the chunk
   */
  public record Bad(String chunk, String what) {}

  /**
   * A template that is not whole.
   *
   * @param team the name of its team; null for an OS template
   * @param deleted whether it is deleted, and needed only by machines made from it
   * @param badChunks how many of its chunks are bad; 0 where its index can't be read
   * @param chunk one of them, in hexadecimal; null where its index can't be read
   * @param what in words
   */
  public record DamagedTemplate(
      String template,
      String name,
      @Nullable String team,
      boolean deleted,
      long badChunks,
      @Nullable String chunk,
      String what) {}

  /**
   * A damaged template of which other stores were asked for what is lost.
   *
   * @param from the stores, by their names
   * @param chunks how many were fetched from there
   * @param bytes what those take in the store
   * @param index whether its index was put back
   * @param lost whether some of it is whole in none of the stores that could be read
   * @param problem why not all that is lost was fetched, in words; null where it was
   */
  public record MendedTemplate(
      String template,
      List<String> from,
      long chunks,
      long bytes,
      boolean index,
      boolean lost,
      @Nullable String problem) {
    public MendedTemplate {
      from = List.copyOf(from);
    }

    /** What this and a later attempt did together. */
    MendedTemplate and(MendedTemplate later) {
      return new MendedTemplate(
          template,
          from,
          chunks + later.chunks,
          bytes + later.bytes,
          index || later.index,
          later.lost,
          later.problem);
    }
  }

  /** This report, with what was fetched before the store was verified. */
  VerifyReport after(List<MendedTemplate> earlier) {
    if (earlier.isEmpty()) {
      return this;
    }
    Map<String, MendedTemplate> all = new LinkedHashMap<>();
    earlier.forEach(each -> all.put(each.template(), each));
    mended.forEach(each -> all.merge(each.template(), each, MendedTemplate::and));
    return new VerifyReport(
        indexes,
        chunks,
        bytes,
        badChunks,
        bad,
        damaged,
        setAside,
        kept,
        healed,
        List.copyOf(all.values()));
  }

  /** Whether all is as it should be. */
  public boolean sound() {
    return damaged.isEmpty();
  }
}
