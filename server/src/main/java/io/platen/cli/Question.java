package io.platen.cli;

import java.io.IOException;
import java.util.Locale;

/** Asks the operator before something that can't be taken back. */
final class Question {
  private Question() {}

  /**
   * Whether to do it.
   *
   * @param yes whether the operator has said so already
   * @throws IOException where nobody can be asked
   */
  @SuppressWarnings("SystemConsoleNull") // It is null where no terminal is connected.
  static boolean ask(String question, boolean yes) throws IOException {
    if (yes) {
      return true;
    }
    var console = System.console();
    if (console == null || !console.isTerminal()) {
      throw new IOException("nothing was changed, since nobody can be asked here: pass --yes");
    }
    String answer = console.readLine("%s [y/N] ", question);
    return answer != null && answer.strip().toLowerCase(Locale.ROOT).startsWith("y");
  }
}
