package io.platen.hypervisor;

import io.platen.config.HypervisorSettings;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.regex.Pattern;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/** The host's libvirt. A domain is named by its name or its UUID. */
public final class Hypervisor {
  private static final Logger LOG = Logger.getLogger(Hypervisor.class);

  /** A question takes 40 ms; a busy host may take longer. */
  private static final Duration QUESTION = Duration.ofSeconds(10);

  /** Starting allocates and may label disks, which takes seconds on a busy host. */
  private static final Duration CHANGE = Duration.ofSeconds(60);

  /**
   * Libvirt may have to find out what QEMU can do before it takes a domain: 68 s each time on a
   * host without KVM and D-Bus. A definition that is given up is made all the same.
   */
  private static final Duration DEFINITION = Duration.ofMinutes(5);

  /** One that did not answer is asked again after this time. */
  private static final long ASK_AGAIN_NANOS = Duration.ofSeconds(5).toNanos();

  private static final Pattern CPUS = Pattern.compile("CPU\\(s\\):\\s+(\\d+)");
  private static final Pattern MEMORY = Pattern.compile("Memory size:\\s+(\\d+) KiB");
  private static final Pattern ADDRESS = Pattern.compile("ipv4\\s+([0-9.]+)/");
  private static final Path CPUINFO = Path.of("/proc/cpuinfo");
  private static final Pattern VIRTUALIZES = Pattern.compile("\\b(vmx|svm)\\b");

  private final HypervisorSettings settings;
  private final Virsh virsh;
  private final AtomicBoolean emulationSaid = new AtomicBoolean();

  private boolean answered;
  private long askedNanos;
  private String absence = "";

  private @Nullable HostCapacity capacity;

  public Hypervisor(HypervisorSettings settings) {
    this.settings = settings;
    virsh = new Virsh(settings.uri());
  }

  Virsh virsh() {
    return virsh;
  }

  public HypervisorSettings settings() {
    return settings;
  }

  /** Whether machines can run here. Where they can't, {@link #absence} tells why. */
  public synchronized boolean isThere() {
    if (settings.mode() == HypervisorSettings.Mode.NONE) {
      absence = "the configuration says \"hypervisor: none\"";
      return false;
    }
    if (answered) {
      return true;
    }
    long now = System.nanoTime();
    if (askedNanos == 0 || now - askedNanos > ASK_AGAIN_NANOS) {
      askedNanos = now;
      try {
        virsh.run(QUESTION, "version");
        answered = true;
        LOG.infof("machines run under libvirt at %s", settings.uri());
      } catch (IOException e) {
        absence = String.valueOf(e.getMessage());
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        absence = "asking libvirt was interrupted";
      }
    }
    return answered;
  }

  /** Why there is no hypervisor. */
  public synchronized String absence() {
    return absence;
  }

  /** All domains, and which are active. */
  public Domains domains() throws IOException, InterruptedException {
    return Domains.parse(virsh.run(QUESTION, "list --all --uuid --name; domstats --state"));
  }

  /** The names of all domains. */
  public List<String> names() throws IOException, InterruptedException {
    return names("list", "--all");
  }

  /**
   * Whether a domain is active.
   *
   * @return false also where there is no such domain
   */
  public boolean isActive(String domain) throws IOException, InterruptedException {
    try {
      String state = virsh.run(QUESTION, "domstate", domain).strip();
      return !state.equals("shut off") && !state.equals("crashed");
    } catch (DomainMissing e) {
      return false;
    }
  }

  public synchronized HostCapacity capacity() throws IOException, InterruptedException {
    var known = capacity;
    if (known == null) {
      String text = virsh.run(QUESTION, "nodeinfo");
      var cpus = CPUS.matcher(text);
      var memory = MEMORY.matcher(text);
      if (!cpus.find() || !memory.find()) {
        throw new HypervisorException("virsh nodeinfo can't be understood: " + text);
      }
      known =
          new HostCapacity(Integer.parseInt(cpus.group(1)), Long.parseLong(memory.group(1)) << 10);
      capacity = known;
    }
    return known;
  }

  /**
   * Whether domains are accelerated by KVM. A /dev/kvm without a processor that virtualizes is a
   * software that runs only guests made for it, so the processor is looked at too.
   */
  public boolean isAccelerated() throws IOException, InterruptedException {
    boolean accelerated =
        switch (settings.acceleration()) {
          case KVM -> true;
          case EMULATION -> false;
          case AUTO ->
              VIRTUALIZES.matcher(Files.readString(CPUINFO)).find()
                  && virsh.run(QUESTION, "capabilities").contains("<domain type='kvm'/>");
        };
    if (!accelerated && emulationSaid.compareAndSet(false, true)) {
      LOG.warn(
          "there is no KVM on this host: machines run under plain emulation, some 10 times slower");
    }
    return accelerated;
  }

  /** Defines a domain, or changes the one of this name; what runs is not touched. */
  public void define(DomainSpec spec, Path file) throws IOException, InterruptedException {
    Files.writeString(file, DomainXml.of(spec));
    virsh.run(DEFINITION, "define", file.toString());
  }

  /** Makes sure that a network is there and active. */
  public void startNetwork(String network) throws IOException, InterruptedException {
    String info;
    try {
      info = virsh.run(QUESTION, "net-info", network);
    } catch (HypervisorException e) {
      throw new HypervisorException(
          "libvirt has no network \"%s\"; \"virsh net-list --all\" shows those it has, and \"libvirtNetwork\" in the configuration names the one to use"
              .formatted(network),
          e);
    }
    if (info.lines().anyMatch(line -> line.matches("Active:\\s+no"))) {
      try {
        virsh.run(CHANGE, "net-start", network);
      } catch (HypervisorException e) {
        // Another launch may have been faster.
        if (!String.valueOf(e.getMessage()).contains("already active")) {
          throw e;
        }
      }
    }
  }

  /**
   * Makes sure that there is an isolated network of this name, and that it is active: its machines
   * reach each other and the host, and nothing else.
   *
   * @param prefix the first three bytes of its addresses, such as 10.200.0
   * @param file where libvirt is told about it
   */
  public void startIsolatedNetwork(String network, String prefix, Path file)
      throws IOException, InterruptedException {
    if (!networks().contains(network)) {
      Files.writeString(file, DomainXml.isolatedNetwork(network, prefix));
      virsh.run(QUESTION, "net-define", file.toString());
    }
    startNetwork(network);
  }

  /** The names of all networks. */
  public List<String> networks() throws IOException, InterruptedException {
    return names("net-list", "--all");
  }

  /** Ends and forgets a network; one that is not there is no failure. */
  public void removeNetwork(String network) throws IOException, InterruptedException {
    if (names("net-list").contains(network)) {
      virsh.run(CHANGE, "net-destroy", network);
    }
    if (networks().contains(network)) {
      virsh.run(CHANGE, "net-undefine", network);
    }
  }

  private List<String> names(String... list) throws IOException, InterruptedException {
    var command = new ArrayList<>(List.of(list));
    command.add("--name");
    return virsh
        .run(QUESTION, command.toArray(String[]::new))
        .lines()
        .map(String::strip)
        .filter(name -> !name.isEmpty())
        .toList();
  }

  /** Starts a domain that is not active. */
  public void start(String domain) throws IOException, InterruptedException {
    virsh.run(CHANGE, "start", domain);
  }

  /** Asks the guest to shut down (ACPI); it may take its time, or not listen. */
  public void shutDown(String domain) throws IOException, InterruptedException {
    virsh.run(QUESTION, "shutdown", domain, "--mode", "acpi");
  }

  /** Ends a domain at once, as pulling the plug does. One that is not active is left as it is. */
  public void destroy(String domain) throws IOException, InterruptedException {
    if (isActive(domain)) {
      try {
        virsh.run(CHANGE, "destroy", domain);
      } catch (HypervisorException e) {
        if (isActive(domain)) {
          throw e;
        }
      }
    }
  }

  /** Forgets a domain with all that libvirt keeps of it but its disks. */
  public void undefine(String domain) throws IOException, InterruptedException {
    try {
      virsh.run(
          CHANGE,
          "undefine",
          domain,
          "--managed-save",
          "--nvram",
          "--snapshots-metadata",
          "--checkpoints-metadata");
    } catch (DomainMissing e) {
      LOG.debugf("%s is gone already", domain);
    }
  }

  /** Makes the disk of an active domain larger, for the guest to see at once. */
  public void resizeDisk(String domain, Path disk, long bytes)
      throws IOException, InterruptedException {
    virsh.run(CHANGE, "blockresize", domain, disk.toString(), bytes + "B");
  }

  /** The address that a network gave to an active domain, as far as libvirt knows. */
  public Optional<String> address(String domain) throws IOException, InterruptedException {
    var found = ADDRESS.matcher(virsh.run(QUESTION, "domifaddr", domain, "--source", "lease"));
    return found.find() ? Optional.of(found.group(1)) : Optional.empty();
  }

  /** What a domain is. */
  public DomainDescription describe(String domain) throws IOException, InterruptedException {
    return DomainDescription.parse(virsh.run(QUESTION, "dumpxml", domain));
  }
}
