package io.platen.support;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Another machine on a bridge of a libvirt's host: a network namespace with one card, which is
 * plugged into the bridge. What it reaches, clients on that network reach, and not the host alone.
 */
public final class Lan implements AutoCloseable {
  private static final String CARD = "lan0";

  private final Process namespace;
  private final List<Process> servers = new ArrayList<>();
  private @Nullable Path leases;

  private Lan(Process namespace) {
    this.namespace = namespace;
  }

  /**
   * Plugs it in.
   *
   * @param address its own, with the length of the prefix
   */
  public static Lan on(PrivateLibvirt libvirt, String bridge, String address)
      throws IOException, InterruptedException {
    var process = new ProcessBuilder("unshare", "--net", "cat").start();
    var lan = new Lan(process);
    // It echoes once it is where it is to be.
    process.getOutputStream().write('\n');
    process.getOutputStream().flush();
    if (process.getInputStream().read() != '\n') {
      throw new IOException("no network namespace was made");
    }
    String port = "port" + process.pid();
    succeed(
        libvirt.inside(
            "ip",
            "link",
            "add",
            port,
            "type",
            "veth",
            "peer",
            "name",
            CARD,
            "netns",
            Long.toString(process.pid())));
    succeed(libvirt.inside("ip", "link", "set", port, "master", bridge, "up"));
    succeed(lan.run("ip", "address", "add", address, "dev", CARD));
    succeed(lan.run("ip", "link", "set", CARD, "up"));
    return lan;
  }

  private static void succeed(Program.Ended ended) throws IOException {
    if (ended.status() != 0) {
      throw new IOException(ended.out() + ended.err());
    }
  }

  private List<String> inside(String... command) {
    var all = new ArrayList<>(List.of("nsenter", "--net", "--target", namespace.pid() + ""));
    all.addAll(List.of(command));
    return all;
  }

  /** Runs a program there. */
  public Program.Ended run(String... command) throws IOException, InterruptedException {
    return Program.run(inside(command));
  }

  /** Whether something answers at an address. */
  public boolean reaches(String address) throws IOException, InterruptedException {
    return run("busybox", "ping", "-c", "1", "-W", "3", address).status() == 0;
  }

  /** Gives addresses to whoever is on the bridge, as the router of an office does. */
  public void serveAddresses(String first, String last) throws IOException {
    Path file = Files.createTempFile("lan", ".leases");
    leases = file;
    servers.add(
        new ProcessBuilder(
                inside(
                    "dnsmasq",
                    "--keep-in-foreground",
                    "--conf-file=/dev/null",
                    "--port=0",
                    "--user=root",
                    "--pid-file=",
                    "--interface=" + CARD,
                    "--bind-interfaces",
                    "--dhcp-authoritative",
                    "--dhcp-leasefile=" + file,
                    "--dhcp-range=%s,%s,1h".formatted(first, last)))
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
            .start());
  }

  /** Runs a command on a machine that lets root in by this key. */
  public Program.Ended ssh(Path key, String address, String command)
      throws IOException, InterruptedException {
    return run(
        "ssh",
        "-i",
        key.toString(),
        "-o",
        "BatchMode=yes",
        "-o",
        "IdentitiesOnly=yes",
        "-o",
        "StrictHostKeyChecking=no",
        "-o",
        "UserKnownHostsFile=/dev/null",
        "-o",
        "ConnectTimeout=20",
        "root@" + address,
        command);
  }

  @Override
  public void close() throws IOException {
    for (var server : servers) {
      server.destroyForcibly().onExit().join();
    }
    namespace.getOutputStream().close();
    namespace.onExit().join();
    if (leases != null) {
      Files.delete(leases);
    }
  }
}
