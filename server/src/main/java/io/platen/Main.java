package io.platen;

import io.platen.app.NativeLibraries;
import io.platen.app.Server;
import io.platen.cli.PlatenCommand;
import io.platen.linux.OwnerOnly;
import io.quarkus.runtime.annotations.QuarkusMain;
import java.io.IOException;

/** The entry point: everything is a command, and only {@code serve} starts the HTTP server. */
@QuarkusMain
public final class Main {
  private Main() {}

  public static void main(String[] args) throws IOException {
    OwnerOnly.setUmask();
    NativeLibraries.loadFromInstallation();
    System.exit(PlatenCommand.run(args, Server::run));
  }
}
