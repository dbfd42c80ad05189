package io.platen.backup;

import io.platen.template.TemplateRecovery.Kind;
import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** What a recovery found in the store, and does about it. */
public final class Findings {
  /** Of each kind so many are named. */
  private static final int EXAMPLES = 50;

  /** More unknown teams than that were made up by somebody. */
  private static final int TEAMS = 1000;

  private final Map<Kind, Long> counts = new EnumMap<>(Kind.class);
  private final Map<Kind, List<Named>> examples = new EnumMap<>(Kind.class);
  private final Map<Team, Long> apart = new TreeMap<>();
  private final List<String> confirmed = new ArrayList<>();
  private long osApart;

  /** A template, and what there is to say of it. */
  public record Named(String id, String words) {}

  /** A team that no dump confirms. */
  public record Team(String id, String name) implements Comparable<Team> {
    @Override
    public int compareTo(Team other) {
      return id.equals(other.id) ? name.compareTo(other.name) : id.compareTo(other.id);
    }
  }

  void add(Kind kind, String id, String words) {
    counts.merge(kind, 1L, Long::sum);
    var named = examples.computeIfAbsent(kind, none -> new ArrayList<>());
    if (named.size() < EXAMPLES) {
      named.add(new Named(id, words));
    }
  }

  void apart(Team team) {
    if (apart.containsKey(team) || apart.size() < TEAMS) {
      apart.merge(team, 1L, Long::sum);
    }
  }

  void osApart() {
    osApart++;
  }

  void confirmed(String team) {
    confirmed.add(team);
  }

  public long count(Kind kind) {
    return counts.getOrDefault(kind, 0L);
  }

  /** Some of a kind. */
  public List<Named> examples(Kind kind) {
    return Collections.unmodifiableList(examples.getOrDefault(kind, List.of()));
  }

  /** Teams whose templates are kept apart, with how many these are. */
  public Map<Team, Long> teamsApart() {
    return Collections.unmodifiableMap(apart);
  }

  /** How many OS templates are kept apart. */
  public long osTemplatesApart() {
    return osApart;
  }

  /** Teams that were made, since the operator confirmed them. */
  public List<String> teamsConfirmed() {
    return Collections.unmodifiableList(confirmed);
  }
}
