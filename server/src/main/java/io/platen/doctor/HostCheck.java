package io.platen.doctor;

import io.platen.config.DataDirectory;
import io.platen.config.HypervisorSettings;
import io.platen.hypervisor.Hypervisor;
import io.platen.hypervisor.Passage;
import io.platen.hypervisor.QemuUser;
import io.platen.hypervisor.Virsh;
import io.platen.identity.NewIdentity;
import io.platen.identity.Seed;
import io.platen.process.Program;
import io.platen.process.ToolMissing;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.util.ArrayList;
import java.util.List;

/** Looks at what a host has of what Platen needs, and names what mends the rest. */
public final class HostCheck {
  private static final Path FUSE = Path.of("/dev/fuse");
  private static final Path KVM = Path.of("/dev/kvm");

  /** A small template, and room to work. */
  private static final long LITTLE = 10L << 30;

  private final Hypervisor hypervisor;
  private final DataDirectory data;
  private final List<Diagnosis> found = new ArrayList<>();

  private HostCheck(Hypervisor hypervisor, DataDirectory data) {
    this.hypervisor = hypervisor;
    this.data = data;
  }

  /** Looks at everything; changes nothing. */
  public static List<Diagnosis> run(Hypervisor hypervisor, DataDirectory data)
      throws IOException, InterruptedException {
    var check = new HostCheck(hypervisor, data);
    check.java();
    check.programs();
    check.libvirt();
    check.space();
    return List.copyOf(check.found);
  }

  private void java() {
    found.add(
        Diagnosis.ok(
            "JDK", Runtime.version() + " in " + System.getProperty("java.home", "unknown")));
  }

  private void programs() throws InterruptedException {
    for (var program : Program.required()) {
      var _ = look(program, Diagnosis.Kind.MISSING);
    }
    var _ = look(Virsh.PROGRAM, Diagnosis.Kind.OPTIONAL);
    boolean all = true;
    for (var program : NewIdentity.programs()) {
      all &= look(program, Diagnosis.Kind.OPTIONAL);
    }
    if (all) {
      found.add(sandbox());
    }
    var _ = look(Seed.XORRISO, Diagnosis.Kind.OPTIONAL);
    found.add(identity());
  }

  private static Diagnosis identity() {
    if (!NewIdentity.isPossible()) {
      return new Diagnosis(
          Diagnosis.Kind.OPTIONAL,
          "identity",
          "copies keep the machine-id of their original: " + NewIdentity.IMPOSSIBLE,
          "capture guests that have cloud-init, and empty /etc/machine-id in them before");
    }
    return Files.isWritable(FUSE)
        ? Diagnosis.ok("FUSE", FUSE.toString())
        : new Diagnosis(
            Diagnosis.Kind.OPTIONAL,
            "FUSE",
            FUSE + " can't be used: copies keep the identity of their original",
            "modprobe fuse, and let this user write to " + FUSE);
  }

  private static Diagnosis sandbox() throws InterruptedException {
    try {
      NewIdentity.checkSandbox();
      return Diagnosis.ok("sandbox", "programs that read what a guest wrote are confined");
    } catch (IOException e) {
      return new Diagnosis(
          Diagnosis.Kind.OPTIONAL,
          "sandbox",
          e.getMessage() + ": copies keep the identity of their original",
          "let this user make namespaces (sysctl user.max_user_namespaces; AppArmor's profile of bwrap on Ubuntu; CAP_SYS_ADMIN in a container)");
    }
  }

  private boolean look(Program program, Diagnosis.Kind ifMissing) {
    try {
      found.add(Diagnosis.ok(program.name(), program.find().toString()));
      return true;
    } catch (ToolMissing e) {
      found.add(
          new Diagnosis(
              ifMissing,
              program.name(),
              "not installed, or not in PATH",
              "apt-get install -y " + program.debianPackage()));
      return false;
    }
  }

  private void libvirt() throws IOException, InterruptedException {
    String uri = hypervisor.settings().uri();
    if (!hypervisor.isThere()) {
      boolean off = hypervisor.settings().mode() == HypervisorSettings.Mode.NONE;
      found.add(
          new Diagnosis(
              Diagnosis.Kind.OPTIONAL,
              "libvirt",
              hypervisor.absence(),
              off ? "" : remedy(hypervisor.absence())));
      return;
    }
    found.add(Diagnosis.ok("libvirt", "answers at " + uri));
    var capacity = hypervisor.capacity();
    found.add(
        Diagnosis.ok(
            "host",
            "%d CPUs, %d MiB of memory".formatted(capacity.cpus(), capacity.memory() >> 20)));
    found.add(acceleration());
    found.addAll(new NetworkCheck(hypervisor).run());
    permissions();
  }

  private Diagnosis acceleration() throws IOException, InterruptedException {
    if (isForRootAlone(KVM) && hypervisor.qemuUser().isPresent()) {
      return new Diagnosis(
          Diagnosis.Kind.OPTIONAL,
          "KVM",
          "only root may open "
              + KVM
              + ": machines run under plain emulation, some 10 times slower, and libvirt takes ten seconds and more to define each",
          "chgrp kvm %s && chmod 660 %s".formatted(KVM, KVM));
    }
    return hypervisor.isAccelerated()
        ? Diagnosis.ok("KVM", "machines are accelerated")
        : new Diagnosis(
            Diagnosis.Kind.OPTIONAL,
            "KVM",
            "not there: machines run under plain emulation, some 10 times slower",
            "switch virtualization on in the firmware (of a virtual host: nested), then modprobe kvm_intel or kvm_amd");
  }

  /**
   * Libvirt finds out what QEMU can do with root's rights, sees afterwards that guests would not
   * have them, and holds what it found for outdated: it begins again for each device of each
   * domain. Seen with libvirt 9.0.
   */
  private static boolean isForRootAlone(Path device) throws IOException {
    if (!Files.exists(device)) {
      return false;
    }
    var permissions = Files.getPosixFilePermissions(device);
    return !permissions.contains(PosixFilePermission.GROUP_WRITE)
        && !permissions.contains(PosixFilePermission.OTHERS_WRITE);
  }

  private static String remedy(String absence) {
    if (absence.contains("Permission denied") || absence.contains("authentication")) {
      return "usermod -aG libvirt " + System.getProperty("user.name") + ", then log in again";
    }
    return "apt-get install -y libvirt-daemon-system libvirt-clients qemu-system-x86 && systemctl enable --now libvirtd";
  }

  /** QEMU runs as a user of its own, who must be able to reach the disks. */
  private void permissions() throws IOException, InterruptedException {
    var user = hypervisor.qemuUser();
    if (user.isEmpty()) {
      found.add(Diagnosis.ok("permissions", "QEMU runs as the user of this command"));
      return;
    }
    var _ = look(QemuUser.SETFACL, Diagnosis.Kind.MISSING);
    if (!look(Passage.GETFACL, Diagnosis.Kind.MISSING)) {
      return;
    }
    // What is below, Platen sees to itself when it starts a machine.
    var obstacles = Passage.obstacles(user.get(), data.root());
    found.add(
        obstacles.isEmpty()
            ? Diagnosis.ok("permissions", "QEMU's user can reach " + data.root())
            : new Diagnosis(
                Diagnosis.Kind.MISSING,
                "permissions",
                "QEMU's user can't pass through " + String.join(", ", Passage.names(obstacles)),
                Passage.remedy(user.get(), obstacles)));
  }

  private void space() throws IOException {
    Path existing = data.root();
    while (!Files.exists(existing) && existing.getParent() != null) {
      existing = existing.getParent();
    }
    long free = Files.getFileStore(existing).getUsableSpace();
    String detail = "%d GiB free for %s".formatted(free >> 30, data.root());
    found.add(
        free < LITTLE
            ? new Diagnosis(
                Diagnosis.Kind.MISSING,
                "space",
                detail,
                "make room, or name a data directory on a larger file system")
            : Diagnosis.ok("space", detail));
  }
}
