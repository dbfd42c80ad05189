package io.platen.cli;

import io.platen.config.HypervisorSettings;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(
    name = "serve",
    description = {
      "Starts the server.",
      "On an empty data directory it makes the team \"default\", and prints a key for it, once."
    },
    mixinStandardHelpOptions = true)
final class ServeCommand implements Callable<Integer> {
  private final PlatenCommand.ServerMain server;

  @Mixin private final DataOption data = new DataOption();

  @Option(
      names = "--host",
      paramLabel = "ADDRESS",
      description = "The address to listen on (default: 127.0.0.1).")
  private @Nullable String host;

  @Option(
      names = "--port",
      paramLabel = "PORT",
      description = "The port to listen on (default: 8080); 0 for any that is free.")
  private @Nullable Integer port;

  @Option(
      names = "--hypervisor",
      paramLabel = "KIND",
      description =
          "Where machines run: auto (where libvirt answers), libvirt or none (default: auto, or what the configuration says).")
  private HypervisorSettings.@Nullable Mode hypervisor;

  @Option(
      names = "--take-over",
      description = {
        "Takes over the database from another data directory that was stopped for good, and its templates and machines with it.",
        "Refused while that one is at work."
      })
  private boolean takeOver;

  ServeCommand(PlatenCommand.ServerMain server) {
    this.server = server;
  }

  @Override
  public Integer call() throws Exception {
    var config = data.read(host, port);
    server.run(hypervisor == null ? config : config.withHypervisor(hypervisor), takeOver);
    return 0;
  }
}
