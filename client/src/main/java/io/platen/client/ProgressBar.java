package io.platen.client;

import java.io.PrintStream;
import org.jspecify.annotations.Nullable;

/**
 * One line that shows how far something is: redrawn on a terminal, and printed once at the end
 * elsewhere.
 */
public final class ProgressBar {
  private static final int WIDTH = 30;
  private static final double MIB = 1 << 20;

  private final PrintStream out;
  private final boolean terminal;
  private final String title;

  @SuppressWarnings("SystemConsoleNull") // NullAway's model of the JDK says that it may be null.
  public ProgressBar(PrintStream out, String title) {
    this.out = out;
    this.title = title;
    var console = System.console();
    this.terminal = console != null && console.isTerminal();
  }

  public void show(
      @Nullable String phase, long done, long total, long perSecond, @Nullable Long secondsLeft) {
    if (!terminal) {
      return;
    }
    out.print("\r\033[K" + line(phase, done, total, perSecond, secondsLeft));
    out.flush();
  }

  /** Ends the line. */
  public void end(String state, long done, long total) {
    if (terminal) {
      out.print("\r\033[K");
    }
    out.println(line(state, done, total, 0, null));
  }

  /** Shows a share of something that is not counted in bytes. */
  public void showPart(long done, long total) {
    if (!terminal) {
      return;
    }
    int filled = total == 0 ? 0 : (int) (WIDTH * Math.min(done, total) / total);
    out.print(
        "\r\033[K%s [%s%s] %s"
            .formatted(
                title,
                "#".repeat(filled),
                ".".repeat(WIDTH - filled),
                total == 0 ? "under way" : 100 * Math.min(done, total) / total + " %"));
    out.flush();
  }

  /** Takes the line away. */
  public void finish() {
    if (terminal) {
      out.print("\r\033[K");
      out.flush();
    }
  }

  private String line(
      @Nullable String phase, long done, long total, long perSecond, @Nullable Long secondsLeft) {
    int filled = total == 0 ? 0 : (int) (WIDTH * Math.min(done, total) / total);
    var line = new StringBuilder(title).append(' ');
    if (total > 0) {
      line.append('[').repeat('#', filled).repeat('.', WIDTH - filled).append("] ");
    }
    line.append(phase == null ? "waiting" : phase);
    if (total > 0) {
      line.append(" %.0f of %.0f MiB".formatted(done / MIB, total / MIB));
    }
    if (perSecond > 0) {
      line.append(", %.0f MiB/s".formatted(perSecond / MIB));
    }
    if (secondsLeft != null) {
      line.append(", %d s left".formatted(secondsLeft));
    }
    return line.toString();
  }
}
