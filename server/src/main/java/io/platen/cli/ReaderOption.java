package io.platen.cli;

import io.platen.machine.ReadAccess;
import java.io.Console;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/**
 * Lets the server's user read a disk, before a command asks it to. Where root runs the command, the
 * launcher runs it twice: first as root, with the server's user as {@code --reader}, to do this
 * alone, and then as that user.
 */
final class ReaderOption {
  @Option(
      names = "--let-read",
      description =
          "Where the server's user can't read the disk, lets it, by access control lists, without"
              + " asking; for root.")
  private boolean letRead;

  @Option(names = "--reader", paramLabel = "USER:GROUP", hidden = true)
  private @Nullable String reader;

  /** Whether this run of the command is only to let the server's user read. */
  boolean isAll() {
    return reader != null;
  }

  /**
   * Lets it read a file, if it can't: where that is asked for on the command line, or on the
   * terminal.
   *
   * @throws IOException where the file is not there, or nobody allows it
   */
  void letRead(Path file) throws IOException, InterruptedException {
    if (reader == null) {
      return;
    }
    int colon = reader.lastIndexOf(':');
    var access = new ReadAccess(reader.substring(0, colon), reader.substring(colon + 1));
    if (access.reads(file)) {
      return;
    }
    if (!letRead && !allowed(access.user(), file)) {
      throw new IOException(
          "the server's user %1$s can't read %2$s: say --let-read to let it, or run setfacl -m u:%1$s:r %2$s"
              .formatted(access.user(), file));
    }
    for (var command : access.give(file)) {
      System.err.println("done: " + command);
    }
    if (!Files.isRegularFile(file)) {
      System.err.printf(
          "%s is a device: what was allowed lasts until the host starts again; for good, make a rule for udev%n",
          file);
    }
  }

  @SuppressWarnings("SystemConsoleNull") // It is null where no terminal is connected.
  private static boolean allowed(String user, Path file) {
    Console console = System.console();
    if (console == null || !console.isTerminal()) {
      return false;
    }
    String answer =
        console.readLine(
            "The server's user %s can't read %s. Let it, and no other user, by access control lists? [y/N] ",
            user, file);
    return answer != null && answer.strip().toLowerCase(Locale.ROOT).startsWith("y");
  }
}
