package io.platen;

import io.platen.cli.PlatenCommand;
import io.quarkus.runtime.annotations.QuarkusMain;

/** The entry point: everything is a command, and only {@code serve} starts the HTTP server. */
@QuarkusMain
public final class Main {
  private Main() {}

  public static void main(String[] args) {
    System.exit(PlatenCommand.run(args, Server::run));
  }
}
