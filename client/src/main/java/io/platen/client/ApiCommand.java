package io.platen.client;

import java.io.IOException;
import java.util.concurrent.Callable;
import picocli.CommandLine.Option;

/** A command that asks the server. */
abstract class ApiCommand implements Callable<Integer> {
  @Option(names = "--json", description = "Prints the API's answers as they are, a line each.")
  private boolean json;

  @Override
  public final Integer call() throws IOException {
    try (var api = new Api(Login.find(System.getenv()))) {
      return run(api);
    }
  }

  /** Returns the exit status. */
  abstract int run(Api api) throws IOException;

  final boolean isJson() {
    return json;
  }
}
