package io.platen.process;

import java.io.IOException;
import java.io.Writer;
import java.lang.ProcessBuilder.Redirect;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jboss.logging.Logger;

/**
 * A command that certainly runs: when it is asked to, when its time has come, or when this process
 * dies, however it dies. A small process of its own waits for the first of these; all it needs is
 * that the host goes on.
 */
public final class DeadMansSwitch implements AutoCloseable {
  private static final Logger LOG = Logger.getLogger(DeadMansSwitch.class);

  private static final String DISARM = "disarm";

  /** Who reads the command lines of other users, as all may, does not see what it runs. */
  private static final String COMMAND = "PLATEN_COMMAND";

  /**
   * The end of its input is the end of this process. Signals that are sent to a whole group, as
   * Ctrl-C is, must not end it.
   */
  private static final String SCRIPT =
      """
      trap '' HUP INT TERM
      command=$%1$s
      unset %1$s
      word=$(timeout --signal=KILL "$1" head -n 1)
      [ "$word" = %2$s ] && exit 0
      eval "$command"
      """
          .formatted(COMMAND, DISARM);

  private static final Duration END = Duration.ofSeconds(10);

  private final Process process;

  private DeadMansSwitch(Process process) {
    this.process = process;
  }

  /**
   * Arms it.
   *
   * @param limit after which the command is run in any case; zero for never
   * @param script of sh; run with the environment of a login, with no input and no output
   */
  public static DeadMansSwitch arm(Duration limit, String script) throws IOException {
    var builder =
        new ProcessBuilder(
            List.of(
                "setsid",
                "/bin/sh",
                "-c",
                SCRIPT,
                "platen-switch",
                Long.toString(limit.toSeconds())));
    builder.environment().put(COMMAND, script);
    builder.redirectOutput(Redirect.DISCARD).redirectError(Redirect.DISCARD);
    return new DeadMansSwitch(builder.start());
  }

  /** One word of a shell's command line, whatever it holds. */
  public static String quote(String word) {
    return "'" + word.replace("'", "'\\''") + "'";
  }

  public static String quote(List<String> command) {
    var words = new ArrayList<String>();
    command.forEach(word -> words.add(quote(word)));
    return String.join(" ", words);
  }

  /** Whether the command has not been run yet. */
  public boolean isArmed() {
    return process.isAlive();
  }

  /** Takes it away: the command is not run. */
  public void disarm() throws IOException, InterruptedException {
    try (Writer input = process.outputWriter()) {
      input.write(DISARM + "\n");
    } catch (IOException e) {
      // Its time had come.
      LOG.debugf("too late to disarm: %s", e);
    }
    await();
  }

  /** Runs the command now, and returns its exit status. */
  public int fire() throws IOException, InterruptedException {
    process.getOutputStream().close();
    return await();
  }

  private int await() throws IOException, InterruptedException {
    if (!process.waitFor(END.toSeconds(), TimeUnit.SECONDS)) {
      throw new IOException("process %d does not end".formatted(process.pid()));
    }
    return process.exitValue();
  }

  /** Runs the command, if it was neither run nor disarmed. */
  @Override
  public void close() throws IOException {
    process.getOutputStream().close();
  }
}
