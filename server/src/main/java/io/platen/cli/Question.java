package io.platen.cli;

import java.io.Console;
import java.io.IOException;
import java.util.Locale;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Asks the operator before something that can't be taken back. */
final class Question {
  private Question() {}

  /**
   * Whether to do it.
   *
   * @param yes whether the operator has said so already
   * @throws IOException where nobody can be asked
   */
  static boolean ask(String question, boolean yes) throws IOException {
    if (yes) {
      return true;
    }
    Console console = Objects.requireNonNull(System.console());
    if (!console.isTerminal()) {
      throw new IOException("nothing was changed, since nobody can be asked here: pass --yes");
    }
    @Nullable String answer = console.readLine("%s [y/N] ", question);
    return answer != null && answer.strip().toLowerCase(Locale.ROOT).startsWith("y");
  }
}
