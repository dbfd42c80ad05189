package io.platen.support;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/**
 * The last lines that a server wrote during a test, without those of requests that went well and
 * those of stack traces that are not Platen's.
 */
public final class LastLines {
  private static final int LINES = 25;

  private static final List<LastLines> SERVERS = new CopyOnWriteArrayList<>();

  private final String name;
  private final Deque<String> lines = new ArrayDeque<>();

  private LastLines(String name) {
    this.name = name;
  }

  /** Those of a server that is being started. */
  public static LastLines of(String name) {
    var made = new LastLines(name);
    SERVERS.add(made);
    return made;
  }

  /** Those of all servers that wrote anything since {@link #forgetAll}. */
  public static List<LastLines> all() {
    return SERVERS.stream().filter(server -> !server.lines().isEmpty()).toList();
  }

  public static void forgetAll() {
    SERVERS.forEach(LastLines::forget);
  }

  public synchronized void add(String line) {
    boolean request = line.startsWith("{") && line.contains("\"status\":200");
    boolean frame = line.startsWith("\tat ") && !line.startsWith("\tat io.platen");
    if (request || frame || line.isBlank()) {
      return;
    }
    lines.add(line);
    if (lines.size() > LINES) {
      lines.remove();
    }
  }

  private synchronized void forget() {
    lines.clear();
  }

  public String name() {
    return name;
  }

  public synchronized List<String> lines() {
    return List.copyOf(lines);
  }
}
