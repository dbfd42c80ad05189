package io.platen.hypervisor;

import static io.platen.hypervisor.Patience.CHANGE;
import static io.platen.hypervisor.Patience.DEFINITION;
import static io.platen.hypervisor.Patience.QUESTION;

import io.platen.config.HypervisorSettings;
import io.platen.linux.OwnerOnly;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.regex.Pattern;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/** The host's libvirt. A domain is named by its name or its UUID. */
public final class Hypervisor {
  private static final Logger LOG = Logger.getLogger(Hypervisor.class);

  /** The target of the disk of a machine that is launched here. */
  public static final String LAUNCHED_DISK = DomainXml.DISK;

  /** One that did not answer is asked again after this time. */
  private static final long ASK_AGAIN_NANOS = Duration.ofSeconds(5).toNanos();

  private static final Pattern CPUS = Pattern.compile("CPU\\(s\\):\\s+(\\d+)");
  private static final Pattern MEMORY = Pattern.compile("Memory size:\\s+(\\d+) KiB");
  private static final Pattern USERS = Pattern.compile("user\\.count\\s*:\\s*(\\d+)");
  private static final Pattern PROCESSOR_TIME = Pattern.compile("cpu\\.time=(\\d+)");
  private static final Pattern CAPACITY = Pattern.compile("Capacity:\\s+(\\d+)");
  private static final Pattern SAVED = Pattern.compile("Managed save:\\s+yes");
  private static final Path CPUINFO = Path.of("/proc/cpuinfo");
  private static final Pattern VIRTUALIZES = Pattern.compile("\\b(vmx|svm)\\b");

  private final HypervisorSettings settings;
  private final Virsh virsh;
  private final AtomicBoolean emulationSaid = new AtomicBoolean();
  private boolean answered;
  private long askedNanos;
  private String absence = "";

  private @Nullable HostCapacity capacity;
  private boolean userKnown;
  private Optional<QemuUser> user = Optional.empty();

  public Hypervisor(HypervisorSettings settings) {
    this.settings = settings;
    virsh = new Virsh(settings.uri(), settings.answerLimit());
  }

  public Virsh virsh() {
    return virsh;
  }

  public HypervisorSettings settings() {
    return settings;
  }

  /** Whether machines can run here. Where they can't, {@link #absence} says why. */
  public synchronized boolean isThere() {
    if (settings.mode() == HypervisorSettings.Mode.NONE) {
      absence = "it is switched off (hypervisor \"none\", by --hypervisor or in the configuration)";
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

  /** The user that this host's QEMU runs as, where that is not the one of this process. */
  public synchronized Optional<QemuUser> qemuUser() throws IOException, InterruptedException {
    if (!userKnown) {
      var capabilities = Xml.document(virsh.run(QUESTION, "capabilities"));
      user = QemuUser.ofCapabilities(capabilities);
      userKnown = true;
    }
    return user;
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
    OwnerOnly.write(file, DomainXml.of(spec));
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
   * @param mark whose it is
   * @param file its definition for libvirt (XML)
   */
  public void startIsolatedNetwork(String network, String prefix, Mark mark, Path file)
      throws IOException, InterruptedException {
    if (!networks().contains(network)) {
      OwnerOnly.write(file, DomainXml.isolatedNetwork(network, prefix, mark));
      virsh.run(QUESTION, "net-define", file.toString());
    }
    startNetwork(network);
  }

  /** The names of all networks. */
  public List<String> networks() throws IOException, InterruptedException {
    return names("net-list", "--all");
  }

  /** Whose a network is; empty where it carries no mark. */
  public Optional<Mark> networkMark(String network) throws IOException, InterruptedException {
    return Mark.of(Xml.document(virsh.run(QUESTION, "net-dumpxml", network)).getDocumentElement());
  }

  /**
   * Ends and forgets a network; one that is not there is no failure.
   *
   * @param prefix the first three bytes of its addresses
   * @param mark that it has to carry; networks made before there were marks carry none, and are
   *     known by their UUID and addresses
   * @throws HypervisorException where it is another's, or a running machine is on it
   */
  public void removeNetwork(String network, String prefix, Mark mark)
      throws IOException, InterruptedException {
    if (!networks().contains(network)) {
      return;
    }
    var root = Xml.document(virsh.run(QUESTION, "net-dumpxml", network)).getDocumentElement();
    if (!DomainXml.isIsolatedNetwork(root, network, prefix, mark)) {
      throw new HypervisorException(
          "the network %s is not this installation's; rename it, or undefine it, if it is yours"
              .formatted(network));
    }
    if (names("net-list").contains(network)) {
      long ports =
          virsh
              .run(QUESTION, "net-port-list", network, "--uuid")
              .lines()
              .filter(line -> !line.isBlank())
              .count();
      if (ports > 0) {
        throw new HypervisorException(
            "%d network cards of running domains are on the network %s".formatted(ports, network));
      }
      virsh.run(CHANGE, "net-destroy", network);
    }
    virsh.run(CHANGE, "net-undefine", network);
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

  /**
   * Starts a domain that is not active.
   *
   * @param disk what it is refused for names the remedy, where QEMU's user can't get to this
   */
  public void start(String domain, Path disk) throws IOException, InterruptedException {
    try {
      virsh.run(CHANGE, "start", domain);
    } catch (HypervisorException e) {
      throw String.valueOf(e.getMessage()).contains("Permission denied") ? explained(e, disk) : e;
    }
  }

  private HypervisorException explained(HypervisorException refused, Path disk)
      throws IOException, InterruptedException {
    var user = qemuUser();
    var obstacles = user.isEmpty() ? List.<Path>of() : Passage.obstacles(user.get(), disk);
    return obstacles.isEmpty()
        ? refused
        : new HypervisorException(
            "%s: QEMU's user can't pass through %s; let it in with \"%s\""
                .formatted(
                    refused.getMessage(),
                    String.join(", ", Passage.names(obstacles)),
                    Passage.remedy(user.get(), obstacles)),
            refused);
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

  /** Whether a domain that is not active goes on with what its memory held, when it is started. */
  public boolean hasSavedMemory(String domain) throws IOException, InterruptedException {
    return SAVED.matcher(virsh.run(QUESTION, "dominfo", domain)).find();
  }

  /** Writes a mark into the description of a domain, whether it is active or not. */
  void mark(DomainDescription domain, Mark mark) throws IOException, InterruptedException {
    var command =
        new ArrayList<>(
            List.of(
                "metadata",
                domain.uuid(),
                Mark.NAMESPACE,
                "--key",
                Mark.PREFIX,
                "--set",
                mark.element(),
                "--config"));
    if (domain.isActive()) {
      command.add("--live");
    }
    virsh.run(CHANGE, command.toArray(String[]::new));
  }

  /**
   * Makes the disk of an active domain larger, for the guest to see at once; one that has the size
   * already is left as it is.
   *
   * @throws HypervisorException where the disk is larger already: libvirt would cut it off
   */
  public void resizeDisk(String domain, Path disk, long bytes)
      throws IOException, InterruptedException {
    var found = CAPACITY.matcher(virsh.run(QUESTION, "domblkinfo", domain, disk.toString()));
    if (!found.find()) {
      throw new HypervisorException(
          "libvirt does not report the size of %s of the domain %s".formatted(disk, domain));
    }
    long size = Long.parseLong(found.group(1));
    if (size > bytes) {
      throw new HypervisorException(
          "the disk %s has %d bytes, and would be cut to %d".formatted(disk, size, bytes));
    }
    if (size < bytes) {
      virsh.run(CHANGE, "blockresize", domain, disk.toString(), bytes + "B");
    }
  }

  /**
   * How many users are logged in, by the guest's agent; empty where it does not answer.
   *
   * @throws IOException where libvirt can't be asked at all
   */
  public OptionalInt users(String domain) throws IOException, InterruptedException {
    try {
      var found = USERS.matcher(virsh.run(QUESTION, "guestinfo", domain, "--user"));
      return found.find() ? OptionalInt.of(Integer.parseInt(found.group(1))) : OptionalInt.empty();
    } catch (HypervisorException e) {
      LOG.debugf("the agent of %s does not say who is logged in: %s", domain, e.getMessage());
      return OptionalInt.empty();
    }
  }

  /** How long an active domain has used processors, in nanoseconds; empty where it has ended. */
  public OptionalLong processorNanos(String domain) throws IOException, InterruptedException {
    try {
      var found = PROCESSOR_TIME.matcher(virsh.run(QUESTION, "domstats", "--cpu-total", domain));
      return found.find() ? OptionalLong.of(Long.parseLong(found.group(1))) : OptionalLong.empty();
    } catch (HypervisorException e) {
      LOG.debugf("no processor time of %s: %s", domain, e.getMessage());
      return OptionalLong.empty();
    }
  }

  /**
   * What a domain is now: where it runs, with what libvirt found when it started.
   *
   * @throws DomainMissing where there is no such domain
   */
  public DomainDescription describe(String domain) throws IOException, InterruptedException {
    return DomainDescription.parse(virsh.run(QUESTION, "dumpxml", domain));
  }

  /** The same; empty where there is no such domain. */
  public Optional<DomainDescription> find(String domain) throws IOException, InterruptedException {
    try {
      return Optional.of(describe(domain));
    } catch (DomainMissing e) {
      return Optional.empty();
    }
  }
}
