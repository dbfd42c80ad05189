package io.platen.cli;

import io.platen.client.Table;
import io.platen.model.Refusal;
import io.platen.node.Nodes;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

@Command(
    name = "node",
    description = "Lists the nodes of a PostgreSQL database, drains and removes them.",
    mixinStandardHelpOptions = true,
    synopsisSubcommandLabel = "COMMAND",
    subcommands = {
      NodeCommand.ListAll.class,
      NodeCommand.Drain.class,
      NodeCommand.Undrain.class,
      NodeCommand.Remove.class
    })
final class NodeCommand implements Runnable {
  @Spec
  @SuppressWarnings("NullAway.Init")
  private CommandSpec spec;

  @Override
  public void run() {
    throw new CommandLine.ParameterException(
        spec.commandLine(), "Name what to do: list, drain, undrain or remove.");
  }

  @Command(name = "list", description = "Lists all nodes.", mixinStandardHelpOptions = true)
  static final class ListAll implements Callable<Integer> {
    @Mixin private final DataOption data = new DataOption();

    @Override
    public Integer call() throws Exception {
      try (var platen = data.open()) {
        if (!platen.nodes().areSeveral()) {
          return notSeveral();
        }
        var table =
            new Table(
                "NAME",
                "STATE",
                "REGION",
                "VERSION",
                "RUNS",
                "MACHINES",
                "VCPUS",
                "MEMORY GIB",
                "FREE DISK GIB",
                "ADDRESS");
        for (var node : platen.nodeRows()) {
          String state = node.isAlive() ? "alive" : node.isStopped() ? "stopped" : "silent";
          table.row(
              node.name().isEmpty() ? "-" : node.name(),
              node.isDraining() ? state + ", drained" : state,
              node.region().isEmpty() ? "any" : node.region(),
              node.version().isEmpty() ? "-" : node.version(),
              node.hasHypervisor() ? "yes" : "no",
              node.machines(),
              "%d of %d".formatted(node.used().cpus(), node.capacity().cpus()),
              "%s of %s".formatted(gib(node.used().memory()), gib(node.capacity().memory())),
              gib(node.freeDisk()),
              node.address().isEmpty() ? "-" : node.address());
        }
        table.print(System.out);
        return 0;
      }
    }

    private static String gib(long bytes) {
      return "%.1f".formatted(bytes / (double) (1L << 30));
    }
  }

  private static int notSeveral() {
    System.err.println(
        "platen: a database on SQLite has one node, and no other; name the configuration with --config");
    return 1;
  }

  /** What is done to one node. */
  abstract static class OnOne implements Callable<Integer> {
    @Mixin private final DataOption data = new DataOption();

    @Parameters(paramLabel = "NAME", description = "The node's name, as node list shows it.")
    @SuppressWarnings("NullAway.Init")
    private String name;

    /** Does it; what is printed then. */
    abstract String run(Nodes nodes, String node);

    @Override
    public Integer call() throws Exception {
      try (var platen = data.open()) {
        if (!platen.nodes().areSeveral()) {
          return notSeveral();
        }
        System.err.println(run(platen.nodes(), name));
        return 0;
      } catch (Refusal e) {
        System.err.println("platen: " + e.text());
        return 1;
      }
    }

    static String drain(Nodes nodes, String node, boolean drains) {
      if (!nodes.drain(node, drains)) {
        throw Refusal.notFound("node", node);
      }
      return drains
          ? "%s takes no new machines; those that it has stay".formatted(node)
          : "%s takes new machines again".formatted(node);
    }
  }

  @Command(
      name = "drain",
      description = "Has a node take no new machines.",
      mixinStandardHelpOptions = true)
  static final class Drain extends OnOne {
    @Override
    String run(Nodes nodes, String node) {
      return drain(nodes, node, true);
    }
  }

  @Command(
      name = "undrain",
      description = "Has a node take new machines again.",
      mixinStandardHelpOptions = true)
  static final class Undrain extends OnOne {
    @Override
    String run(Nodes nodes, String node) {
      return drain(nodes, node, false);
    }
  }

  @Command(
      name = "remove",
      description = "Forgets a node that was stopped for good, and has no machines.",
      mixinStandardHelpOptions = true)
  static final class Remove extends OnOne {
    @Override
    String run(Nodes nodes, String node) {
      nodes.remove(node);
      return node + " is forgotten; its data directory stays";
    }
  }
}
