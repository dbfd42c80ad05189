package io.platen.hypervisor;

import static io.platen.hypervisor.Patience.CHANGE;
import static io.platen.hypervisor.Patience.QUESTION;

import io.platen.disk.Disk;
import io.platen.linux.HostUser;
import io.platen.linux.OwnerOnly;
import io.platen.process.DeadMansSwitch;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.UserPrincipal;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * The disk of a running domain as it was at one moment, served over NBD by the domain's own QEMU,
 * while the guest goes on writing (libvirt's backup in pull mode). What the guest overwrites
 * meanwhile is first copied to a scratch file.
 *
 * <p>Closing it ends the backup job and removes the scratch file; so does the death of this
 * process.
 */
public final class LiveDisk implements AutoCloseable {
  private static final Logger LOG = Logger.getLogger(LiveDisk.class);

  /** QEMU makes the scratch file, which a slow storage may hold up. */
  private static final Duration LOOK = Duration.ofMillis(50);

  /** After sockaddr_un.sun_path of unix(7), less the zero at its end. */
  private static final int MAX_SOCKET_PATH = 107;

  private static final String DEPTH_EXPORT = "platen-depth";

  /** What libvirt says of a guest that QEMU halted when it could not write. */
  private static final String HALTED = "paused (I/O error)";

  private final Virsh virsh;
  private final QemuMonitor monitor;
  private final WriteNotes notes;
  private final String domain;
  private final Path directory;
  private final DeadMansSwitch cleanup;
  private final String export;
  private List<Disk.Adopted> images = List.of();
  private final Optional<QemuUser> user;
  private boolean quiesced;
  private boolean hasDepth;

  private LiveDisk(
      Virsh virsh,
      String domain,
      Path directory,
      DeadMansSwitch cleanup,
      String export,
      Optional<QemuUser> user,
      WriteTracking tracking) {
    this.virsh = virsh;
    this.monitor = new QemuMonitor(virsh, domain);
    this.notes = new WriteNotes(monitor, domain, tracking);
    this.domain = domain;
    this.directory = directory;
    this.cleanup = cleanup;
    this.export = export;
    this.user = user;
  }

  /**
   * Makes the directory for what QEMU makes, and removes what a crash left in it, the backup jobs
   * of running domains included.
   *
   * @param domains those that may have such a job
   */
  public static void recover(Hypervisor hypervisor, Path root, Iterable<String> domains)
      throws IOException, InterruptedException {
    var _ = OwnerOnly.createDirectory(root);
    try (DirectoryStream<Path> left = Files.newDirectoryStream(root)) {
      if (!left.iterator().hasNext()) {
        return;
      }
    }
    if (!hypervisor.isThere()) {
      LOG.warnf("%s is left as a crash left it: %s", root, hypervisor.absence());
      return;
    }
    boolean ended = true;
    for (var domain : domains) {
      ended &= aborted(hypervisor.virsh(), domain, root);
    }
    if (!ended) {
      LOG.warnf("%s is left as a crash left it, until a start at which libvirt answers", root);
      return;
    }
    try (DirectoryStream<Path> left = Files.newDirectoryStream(root)) {
      for (var path : left) {
        removeLeftover(path);
      }
    }
    for (var domain : domains) {
      goOn(hypervisor.virsh(), domain);
    }
  }

  /**
   * Begins. The caller lets no other capture of the domain run beside this one: a backup job of
   * Platen's that is found is what a crash left, and is ended.
   *
   * @param root where sockets and scratch files are made
   * @param target the disk's name in the domain
   * @param overlay the overlay and the base image that the disk of a machine of Platen's consists
   *     of: if it still does, it is served too which parts of it are the overlay's own. Empty for
   *     other disks
   */
  public static LiveDisk open(
      Hypervisor hypervisor, String domain, Path root, String target, List<Path> overlay)
      throws IOException, InterruptedException {
    return open(hypervisor, domain, root, target, overlay, WriteTracking.NONE);
  }

  /** As above; where it is known what was written since an earlier time, that is served too. */
  public static LiveDisk open(
      Hypervisor hypervisor,
      String domain,
      Path root,
      String target,
      List<Path> overlay,
      WriteTracking tracking)
      throws IOException, InterruptedException {
    var virsh = hypervisor.virsh();
    abort(virsh, domain, root);
    var description = hypervisor.describe(domain);
    Path directory = directory(root, description.user());
    var cleanup = DeadMansSwitch.arm(Duration.ZERO, cleanup(virsh, domain, directory));
    var live =
        new LiveDisk(virsh, domain, directory, cleanup, target, description.user(), tracking);
    try {
      // Before the backup: what is written in between is noted as well as in the copy.
      live.note(description, overlay);
      live.begin();
      // From here on, until the job ends, libvirt lets no one give the disk other images.
      live.look(hypervisor.describe(domain), overlay);
      return live;
    } catch (IOException | InterruptedException | RuntimeException e) {
      try {
        live.close();
      } catch (IOException suppressed) {
        e.addSuppressed(suppressed);
      }
      throw e;
    }
  }

  private DomainDisk disk(DomainDescription description) throws HypervisorException {
    return description
        .disk(export)
        .orElseThrow(() -> new HypervisorException("the domain %s ended".formatted(domain)));
  }

  private static boolean isOwn(List<Disk.Adopted> images, List<Path> overlay) {
    return !overlay.isEmpty() && images.stream().map(Disk.Adopted::path).toList().equals(overlay);
  }

  /** In another file that somebody gave to a machine of Platen's nothing is noted. */
  private void note(DomainDescription description, List<Path> overlay)
      throws IOException, InterruptedException {
    var disk = disk(description);
    boolean isOwn = isOwn(DiskChain.stated(description, disk), overlay);
    if (isOwn || overlay.isEmpty()) {
      notes.begin(disk.index(), isOwn);
    }
  }

  private void look(DomainDescription description, List<Path> overlay)
      throws IOException, InterruptedException {
    var disk = disk(description);
    images = DiskChain.stated(description, disk);
    boolean isOwn = isOwn(images, overlay);
    if (isOwn || overlay.isEmpty()) {
      notes.serve(disk.index());
    } else {
      notes.giveUp();
    }
    if (isOwn) {
      serveDepth(disk.index());
    }
  }

  private static Path directory(Path root, Optional<QemuUser> user)
      throws IOException, InterruptedException {
    Path directory = root.resolve(UUID.randomUUID().toString().replace("-", ""));
    int length = directory.resolve("nbd.sock").toString().getBytes(StandardCharsets.UTF_8).length;
    if (length > MAX_SOCKET_PATH) {
      throw new IOException(
          "the path of a socket in %s would have %d bytes, and the system allows %d: choose a data directory with a shorter path"
              .formatted(root, length, MAX_SOCKET_PATH));
    }
    var _ = OwnerOnly.createDirectory(directory);
    if (user.isPresent()) {
      user.get().letThrough(root.resolveSibling(""), root);
      user.get().letMakeFilesIn(directory);
    }
    return directory;
  }

  /**
   * Ends the job if it is this one, then removes its files, and has a halted guest go on, once QEMU
   * has had the time to close them.
   */
  private static String cleanup(Virsh virsh, String domain, Path directory) throws IOException {
    return "case $(%s 2>/dev/null) in *%s*) %s;; esac; rm -rf -- %s %s; sleep 1; case $(LC_ALL=C %s) in *%s*) %s;; esac"
        .formatted(
            DeadMansSwitch.quote(virsh.commandLine("backup-dumpxml", domain)),
            DeadMansSwitch.quote(directory + "/"),
            DeadMansSwitch.quote(virsh.commandLine("domjobabort", domain)),
            DeadMansSwitch.quote(directory.toString()),
            DeadMansSwitch.quote(description(directory).toString()),
            DeadMansSwitch.quote(virsh.commandLine("domstate", domain, "--reason")),
            DeadMansSwitch.quote(HALTED),
            DeadMansSwitch.quote(virsh.commandLine("resume", domain)));
  }

  /** Beside the directory: in it, QEMU's user could change what libvirt is asked to do. */
  private static Path description(Path directory) {
    return directory.resolveSibling(directory.getFileName() + ".xml");
  }

  private void begin() throws IOException, InterruptedException {
    Path xml = description(directory);
    OwnerOnly.write(xml, backupXml());
    try (var freeze = GuestFreeze.of(virsh, domain)) {
      virsh.run(CHANGE, "backup-begin", domain, "--backupxml", xml.toString());
      quiesced = freeze.holds();
    } catch (HypervisorException e) {
      throw String.valueOf(e.getMessage()).contains("has a blockjob assigned")
          ? new HypervisorException(
              "the disk %s of %s is being copied or committed; capture it when \"virsh blockjob %s %s\" says that no job is left"
                  .formatted(export, domain, domain, export),
              e)
          : e;
    } finally {
      Files.deleteIfExists(xml);
    }
  }

  private String backupXml() {
    return """
        <domainbackup mode='pull'>
          <server transport='unix' socket='%s'/>
          <disks>
            <disk name='%s' backup='yes' type='file' exportname='%s'>
              <driver type='qcow2'/>
              <scratch file='%s'/>
            </disk>
          </disks>
        </domainbackup>
        """
        .formatted(
            DomainXml.escape(socket()),
            DomainXml.escape(export),
            DomainXml.escape(export),
            DomainXml.escape(directory.resolve("scratch.qcow2")));
  }

  /**
   * Serves which parts of the overlay are its own. The answer is that of the disk as it is now:
   * what was its own at the moment of the copy still is, since an overlay only grows, and what
   * became so afterwards is read without need.
   */
  private void serveDepth(String index) throws IOException, InterruptedException {
    try {
      if (index.isEmpty()) {
        throw new HypervisorException("libvirt does not number the images of " + domain);
      }
      monitor.run(
          "block-export-add",
          Map.of(
              "type",
              "nbd",
              "id",
              DEPTH_EXPORT,
              "node-name",
              "libvirt-" + index + "-format",
              "name",
              DEPTH_EXPORT,
              "allocation-depth",
              true));
      hasDepth = true;
    } catch (HypervisorException e) {
      // Older than QEMU 5.2, for example.
      LOG.warnf("the disk of %s is read as a whole: %s", domain, e.getMessage());
    }
  }

  /** Where it is served. */
  public Path socket() {
    return directory.resolve("nbd.sock");
  }

  /** Whom it is served by: another user who listens there is an impostor. */
  public UserPrincipal server() throws IOException {
    return user.isPresent() ? HostUser.of(user.get().user()) : HostUser.own();
  }

  /** The export that is the disk. */
  public String export() {
    return export;
  }

  /** The export with the allocation depth, where there is one. */
  public Optional<String> depthExport() {
    return hasDepth ? Optional.of(DEPTH_EXPORT) : Optional.empty();
  }

  /** What was written since an earlier time; empty where that is not known. */
  public Optional<WrittenSince> writtenSince() {
    return notes.served();
  }

  /**
   * The bitmap that notes what is written from before the moment of the copy on; empty where none
   * does.
   */
  public Optional<String> begunBitmap() {
    return notes.begun();
  }

  /** The images that the disk consists of, its own first. */
  public List<Disk.Adopted> images() {
    return images;
  }

  /** Whether the guest's agent held its file systems still in that moment. */
  public boolean isQuiesced() {
    return quiesced;
  }

  /** Ends the job of this domain whose files are in this directory, if there is one. */
  private static void abort(Virsh virsh, String domain, Path directory)
      throws IOException, InterruptedException {
    long limit = System.nanoTime() + virsh.limit(CHANGE).toNanos();
    boolean asked = false;
    while (hasJob(virsh, domain, directory)) {
      if (System.nanoTime() > limit) {
        throw new HypervisorException(
            "the backup job of %s does not end; try \"virsh domjobabort %s\""
                .formatted(domain, domain));
      }
      if (!asked) {
        asked = true;
        try {
          virsh.run(QUESTION, "domjobabort", domain);
        } catch (HypervisorException e) {
          LOG.debugf("the backup job of %s ended by itself: %s", domain, e.getMessage());
        }
      } else {
        Thread.sleep(LOOK);
      }
    }
  }

  private static boolean hasJob(Virsh virsh, String domain, Path directory)
      throws IOException, InterruptedException {
    try {
      return virsh.run(QUESTION, "backup-dumpxml", domain).contains(directory + "/");
    } catch (DomainMissing e) {
      return false;
    } catch (HypervisorException e) {
      // The same is said of a domain that does not run.
      if (String.valueOf(e.getMessage()).contains("no domain backup job present")) {
        return false;
      }
      throw e;
    }
  }

  /** Whether none is left, as far as libvirt says so. */
  private static boolean aborted(Virsh virsh, String domain, Path directory)
      throws IOException, InterruptedException {
    try {
      abort(virsh, domain, directory);
      return true;
    } catch (HypervisorException e) {
      LOG.warnf("%s may have a backup job of Platen's still: %s", domain, e.getMessage());
      return false;
    }
  }

  /**
   * Has a guest go on that QEMU halted since the scratch file found no more room: that is free now.
   * Where it was halted for another reason, what failed then is only tried once more.
   */
  private static void goOn(Virsh virsh, String domain) throws InterruptedException {
    try {
      if (virsh.run(QUESTION, "domstate", domain, "--reason").contains(HALTED)) {
        virsh.run(CHANGE, "resume", domain);
        LOG.warnf(
            "the guest of %s was halted, as where there is no room for what it writes during a capture, and goes on: make room for the data directory",
            domain);
      }
    } catch (DomainMissing e) {
      LOG.debugf("%s has ended", domain);
    } catch (IOException e) {
      LOG.warnf(
          "whether the guest of %s is halted is not known (try \"virsh resume %s\"): %s",
          domain, domain, e.getMessage());
    }
  }

  /** QEMU's user may write there, so what is in it must not keep the server from starting. */
  private static void removeLeftover(Path path) {
    try {
      OwnerOnly.deleteTree(path);
    } catch (IOException e) {
      LOG.warnf("%s is left of a capture, and can't be removed: %s", path, e);
    }
  }

  /** Ends the job, and removes what it made; the guest notices nothing. */
  @Override
  public void close() throws IOException {
    boolean interrupted = Thread.interrupted();
    @Nullable IOException failure = null;
    try {
      if (aborted(virsh, domain, directory)) {
        OwnerOnly.deleteTree(directory);
        cleanup.disarm();
        goOn(virsh, domain);
      } else {
        // What was read is whole, so that costs no capture. It waits longer for libvirt.
        cleanup.close();
      }
    } catch (InterruptedException e) {
      interrupted = true;
      cleanup.close();
    } catch (IOException e) {
      failure = e;
      cleanup.close();
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
    if (failure != null) {
      throw failure;
    }
  }
}
