package io.platen.client;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

@Command(
    name = "login",
    description = {
      "Keeps the address of a server, and a key for it, for the commands that work over HTTP.",
      "The key is asked for, or read from standard input where that is no terminal."
    },
    mixinStandardHelpOptions = true)
final class LoginCommand implements Callable<Integer> {
  private static final int UNAUTHORIZED = 401;

  @Parameters(
      paramLabel = "URL",
      description = "The base address of the API, such as http://127.0.0.1:8080/v1.")
  @SuppressWarnings("NullAway.Init")
  private String url;

  @Override
  public Integer call() throws IOException {
    var login = new Login(Login.withoutSlash(url), key());
    try (var api = new Api(login)) {
      var session = api.get("/auth/session").json();
      if (!session.isObject()) {
        throw new Refused(UNAUTHORIZED, login.url() + " does not know this key.");
      }
      var file = Login.file(System.getenv());
      login.save(file);
      System.err.printf(
          "logged in to %s as the team %s; the key is in %s%n",
          login.url(), session.path("team").path("namespace").asText(), file);
    }
    return ExitStatus.DONE;
  }

  @SuppressWarnings("SystemConsoleNull") // NullAway's model of the JDK says that it may be null.
  private static String key() throws IOException {
    var console = System.console();
    String key;
    if (console != null && console.isTerminal()) {
      var typed = console.readPassword("API key: ");
      key = typed == null ? "" : new String(typed);
    } else {
      var in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
      var line = in.readLine();
      key = line == null ? "" : line;
    }
    if (!key.strip().matches("[A-Za-z0-9_-]+")) {
      throw new IOException("a key consists of letters, digits, - and _; none was given");
    }
    return key.strip();
  }
}
