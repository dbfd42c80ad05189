package io.platen.cli;

import io.platen.app.Platen;
import io.platen.client.Table;
import io.platen.config.ConfigException;
import io.platen.machine.LostMachine;
import io.platen.model.Refusal;
import io.platen.network.LibvirtNetworks;
import io.platen.node.DataLock;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

@Command(
    name = "recover",
    description = {
      "Takes machines on again that are here and that the database does not know, as after an older"
          + " database was put back. Without arguments it lists them and changes nothing.",
      "A machine keeps its id, its disk and its template; its team is made where there is none; it"
          + " goes on running where it runs."
    },
    mixinStandardHelpOptions = true)
final class RecoverCommand implements Callable<Integer> {
  @Spec
  @SuppressWarnings("NullAway.Init")
  private CommandSpec spec;

  @Mixin private final DataOption data = new DataOption();

  @Parameters(paramLabel = "ID", arity = "0..*", description = "The machines to take on again.")
  private List<String> ids = new ArrayList<>();

  @Option(names = "--all", description = "All that the database does not know.")
  private boolean all;

  @Option(
      names = "--deleted",
      description =
          "Also those named that the database records as deleted. No server may run meanwhile.")
  private boolean deleted;

  @Override
  public Integer call() throws Exception {
    if (all && !ids.isEmpty()) {
      throw wrong("Name machines, or --all.");
    }
    if (deleted && ids.isEmpty()) {
      throw wrong("--deleted is for machines that are named.");
    }
    try (var platen = open()) {
      if (!all && ids.isEmpty()) {
        list(platen.lostMachines().list());
        list(platen.libvirtNetworks());
        return 0;
      }
      return deleted ? recoverDeleted(platen) : recover(platen, chosen(platen));
    }
  }

  /** A new database will do where there are machines to tell it of: what they are is with them. */
  private Platen open() throws ConfigException, IOException {
    boolean takesOn = all || !ids.isEmpty();
    return takesOn && data.hasMachines() ? data.openOrMakeToWork() : data.openToWork();
  }

  private CommandLine.ParameterException wrong(String message) {
    return new CommandLine.ParameterException(spec.commandLine(), message);
  }

  private List<String> chosen(Platen platen) throws IOException, InterruptedException {
    return all
        ? platen.lostMachines().list().stream()
            .filter(machine -> !machine.deleted())
            .map(LostMachine::id)
            .toList()
        : ids;
  }

  private static void list(List<LostMachine> found) {
    if (found.isEmpty()) {
      System.err.println("No machine is here that the database does not know.");
      return;
    }
    var table = new Table("ID", "SEEN", "RUNS", "TEAM", "NAME", "REMARKS");
    found.forEach(
        machine ->
            table.row(
                machine.id(),
                seen(machine),
                runs(machine),
                machine.team(),
                machine.name(),
                remarks(machine)));
    table.print(System.out);
    System.err.println("\"platen machine recover ID...\", or --all, takes them on again.");
  }

  private static void list(LibvirtNetworks networks) throws IOException, InterruptedException {
    for (var name : networks.lost()) {
      System.err.printf(
          "libvirt has the private network %1$s, which the database does not know. Recovering a machine that is on it brings it back. If nobody wants it: \"virsh net-destroy %1$s\", then \"virsh net-undefine %1$s\".%n",
          name);
    }
  }

  private static String seen(LostMachine machine) {
    String domain = machine.active() == null ? "" : "domain";
    return machine.hasDirectory() ? (domain.isEmpty() ? "disk" : "disk, domain") : domain;
  }

  private static String runs(LostMachine machine) {
    if (machine.active() == null) {
      return machine.absence().isEmpty() ? "no" : "unknown";
    }
    return machine.active() ? "yes" : "no";
  }

  private static String remarks(LostMachine machine) {
    var remarks = new ArrayList<String>();
    if (machine.deleted()) {
      remarks.add("recorded as deleted: --deleted");
    }
    machine.missing().forEach(what -> remarks.add("missing: " + what));
    return String.join("; ", remarks);
  }

  private int recoverDeleted(Platen platen) throws IOException, InterruptedException {
    // A server would go on to remove what it knows to be deleted.
    var lock = DataLock.acquire(platen.config().data());
    try {
      return recover(platen, ids);
    } finally {
      lock.close();
    }
  }

  private int recover(Platen platen, List<String> chosen) throws InterruptedException {
    if (chosen.isEmpty()) {
      list(List.of());
    }
    boolean failed = false;
    for (var id : chosen) {
      try {
        var recovered = platen.machineRecovery().recover(id, deleted);
        System.err.printf(
            "took on %s (%s) for the team %s; it is %s%n",
            id, recovered.machine().name(), recovered.team(), recovered.machine().state().label());
        recovered.remarks().forEach(remark -> System.err.printf("  %s%n", remark));
        System.out.println(id);
      } catch (IOException | Refusal e) {
        failed = true;
        System.err.printf("%s is not taken on: %s%n", id, e.getMessage());
      }
    }
    return failed ? 1 : 0;
  }
}
