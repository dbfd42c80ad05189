package io.platen.collectionmodel;

import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;

/**
 * What takes part. Sets of chunks are bits: 1 is chunk a, 2 is chunk b, 4 is chunk c.
 *
 * @param name what it is called in reports
 * @param chunks how many chunks there are
 * @param stored the chunks that are in the store at the start
 * @param template0 the chunks that template T0 names, which is there from the start
 * @param sessions the captures and distributions, in the order of their attempt numbers
 * @param collections how many collections there are
 */
record Setup(
    String name,
    int chunks,
    int stored,
    int template0,
    List<Capture> sessions,
    int collections,
    Set<Part> parts) {

  /** A session's template, and the chunks that its index names. */
  record Capture(int template, int chunks) {}

  private static final int A = 1;
  private static final int B = 2;
  private static final int C = 4;

  /** Two captures that share chunk c, which is garbage at the start, and a chunk of T0 each. */
  static Setup captures(int sessions, int collections, Part... parts) {
    var all = List.of(new Capture(1, A | C), new Capture(2, B | C));
    return new Setup("captures", 3, A | B | C, A | B, all.subList(0, sessions), collections, parts);
  }

  /** Two attempts at one template, whose disk changed between them. */
  static Setup attempts(int collections, Part... parts) {
    var attempts = List.of(new Capture(1, A | C), new Capture(1, A | B));
    return new Setup("attempts", 3, A | B | C, A, attempts, collections, parts).with(Part.INDEXES);
  }

  /** A capture that shares chunk a with T0, from which a machine is launched. */
  static Setup launch(int collections, Part... parts) {
    var capture = List.of(new Capture(1, A | C));
    return new Setup("launch", 3, A | B | C, A | B, capture, collections, parts).with(Part.LAUNCH);
  }

  /** Captures of a chunk that went bad, and of one that is garbage. */
  static Setup repair(int sessions, int collections, Part... parts) {
    var all = List.of(new Capture(1, A | B), new Capture(2, A));
    return new Setup("repair", 2, A | B, A, all.subList(0, sessions), collections, parts)
        .with(Part.REPAIR);
  }

  /** T0 is distributed to this store, where another capture shares a chunk with it. */
  static Setup distribution(int sessions, int collections, Part... parts) {
    var all = List.of(new Capture(0, A | C), new Capture(1, A | B));
    return new Setup("distribution", 3, A | B, A | C, all.subList(0, sessions), collections, parts)
        .with(Part.DISTRIBUTION);
  }

  private Setup(
      String name,
      int chunks,
      int stored,
      int template0,
      List<Capture> sessions,
      int collections,
      Part... parts) {
    this(name, chunks, stored, template0, sessions, collections, Set.copyOf(Arrays.asList(parts)));
  }

  /** The same with another part. */
  Setup with(Part part) {
    var more = EnumSet.of(part);
    more.addAll(parts);
    return new Setup(name, chunks, stored, template0, sessions, collections, more);
  }

  boolean has(Part part) {
    return parts.contains(part);
  }

  /** How many templates there are: T0, and those that sessions make. */
  int templates() {
    return 1 + sessions.stream().mapToInt(Capture::template).max().orElse(0);
  }

  /** How many epochs a chunk can have: each collection moves it at most once. */
  int epochs() {
    return collections + 1;
  }

  /** The number of the attempt that made T0, after those of the sessions. */
  int firstAttempt() {
    return sessions.size() + 1;
  }

  /** The chunks that the index of this attempt names. */
  int chunksOf(int attempt) {
    return attempt == firstAttempt() ? template0 : sessions.get(attempt - 1).chunks();
  }

  /** The template that this attempt makes. */
  int templateOf(int attempt) {
    return attempt == firstAttempt() ? 0 : sessions.get(attempt - 1).template();
  }

  @Override
  public String toString() {
    return "%s, %d sessions, %d collections, %s"
        .formatted(name, sessions.size(), collections, parts);
  }
}
