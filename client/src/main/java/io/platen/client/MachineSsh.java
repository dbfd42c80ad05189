package io.platen.client;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
    name = "ssh",
    description = "Opens a shell on a machine, or runs a command there, with the ssh of this host.",
    mixinStandardHelpOptions = true)
final class MachineSsh extends ApiCommand {
  @Option(
      names = {"-l", "--user"},
      paramLabel = "USER",
      description = "The user there.")
  private @Nullable String user;

  @Parameters(index = "0", paramLabel = "MACHINE", description = "Its id or name.")
  @SuppressWarnings("NullAway.Init")
  private String machine;

  @Parameters(
      index = "1..*",
      paramLabel = "COMMAND",
      description = "What to run instead of a shell; behind -- where it has options.")
  private List<String> remote = List.of();

  @Override
  int run(Api api) throws IOException {
    var found = new Find(api).object(Kind.MACHINE, machine);
    String address = found.path("publicIp").asText("");
    if (address.isEmpty()) {
      address = found.path("privateIp").asText("");
    }
    if (address.isEmpty()) {
      throw new IOException(
          "%s has no address: it is %s"
              .formatted(found.path("id").asText(), found.path("state").asText()));
    }
    var command = new ArrayList<>(List.of("ssh"));
    if (user != null) {
      command.addAll(List.of("-l", user));
    }
    command.add("--");
    command.add(address);
    command.addAll(remote);
    // It has the terminal, so it is the person who ends it.
    var ssh = new ProcessBuilder(command).inheritIO().start();
    try {
      return ssh.waitFor();
    } catch (InterruptedException e) {
      ssh.destroy();
      Thread.currentThread().interrupt();
      throw new IOException("interrupted", e);
    }
  }
}
