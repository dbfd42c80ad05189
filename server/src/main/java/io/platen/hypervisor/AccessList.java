package io.platen.hypervisor;

import java.util.List;
import java.util.Set;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;

/**
 * Who may search a directory, after what {@code getfacl --numeric} writes of it.
 *
 * @param owner number of the user that it belongs to
 * @param group number of its group
 */
record AccessList(String owner, String group, List<Entry> entries) {
  private static final Pattern HEAD = Pattern.compile("# (owner|group): (\\d+)");
  private static final Pattern ENTRY = Pattern.compile("(user|group|mask|other):(\\d*):..([x-]).*");

  /** An entry; one without a name is for the owner, or the owning group. */
  record Entry(String kind, String name, boolean search) {
    boolean is(String otherKind, String otherName) {
      return kind.equals(otherKind) && name.equals(otherName);
    }
  }

  static AccessList parse(String text) {
    var heads = HEAD.matcher(text).results().toList();
    String owner = find(heads, "owner");
    String group = find(heads, "group");
    var entries =
        text.lines()
            .map(ENTRY::matcher)
            .filter(line -> line.matches())
            .map(line -> new Entry(line.group(1), line.group(2), line.group(3).equals("x")))
            .toList();
    return new AccessList(owner, group, entries);
  }

  private static String find(List<MatchResult> heads, String kind) {
    return heads.stream()
        .filter(head -> head.group(1).equals(kind))
        .map(head -> head.group(2))
        .findFirst()
        .orElse("");
  }

  /** The algorithm of acl(5). */
  boolean maySearch(String user, Set<String> groups) {
    if (user.equals(owner)) {
      return allows("user", "");
    }
    if (entries.stream().anyMatch(entry -> entry.is("user", user))) {
      return allows("user", user) && masksNothing();
    }
    var ofGroups =
        entries.stream()
            .filter(entry -> entry.kind().equals("group"))
            .filter(entry -> groups.contains(entry.name().isEmpty() ? group : entry.name()))
            .toList();
    return ofGroups.isEmpty()
        ? allows("other", "")
        : ofGroups.stream().anyMatch(Entry::search) && masksNothing();
  }

  private boolean allows(String kind, String name) {
    return entries.stream().anyMatch(entry -> entry.is(kind, name) && entry.search());
  }

  private boolean masksNothing() {
    return entries.stream().noneMatch(entry -> entry.kind().equals("mask")) || allows("mask", "");
  }
}
