package io.platen.identity;

import io.platen.linux.HostUser;
import io.platen.linux.OwnerOnly;
import io.platen.process.Command;
import io.platen.process.Limits;
import io.platen.process.Program;
import io.platen.process.TimedWork;
import io.platen.process.ToolFailed;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Where programs run that interpret what a guest has written: a mistake in one of them may hand it
 * to the guest. It runs as the user nobody, with no capability, no network and no other process in
 * sight, and sees of the host nothing but its programs (/usr), and of the data directory one disk
 * and the files that are to be written to it.
 *
 * <p>Without bubblewrap, or where the kernel does not let this user make namespaces, the programs
 * fail to start: nothing is interpreted without it.
 */
final class Sandbox {
  static final Program BWRAP = new Program("bwrap", "bubblewrap", "bubblewrap everywhere");

  private static final Program SETPRIV =
      new Program("setpriv", "util-linux", "util-linux on every distribution");

  private static final Program TRUE = new Program("true", "coreutils", "coreutils everywhere");

  /**
   * The user and group "nobody"; the kernel's own number for those that are none of a namespace.
   */
  private static final String NOBODY = "65534";

  /** Where programs find the disk. */
  static final String DISK = "/disk";

  private static final String FILES = "/files";

  /** Links to directories in /usr, or directories of their own. */
  private static final List<String> SYSTEM = List.of("/bin", "/sbin", "/lib", "/lib64");

  private final Path disk;
  private final Path files;

  /**
   * For one disk.
   *
   * @param disk a file, which {@link #letNobodyHave} was given
   * @param files a directory that is made here, for files that programs may read
   */
  static Sandbox of(Path disk, Path files) throws IOException {
    var _ = OwnerOnly.createDirectory(files);
    letNobodyHave(files);
    return new Sandbox(disk, files);
  }

  /** With no disk, to see whether there can be one. */
  static Sandbox empty() {
    return new Sandbox(Path.of("/dev/null"), Path.of("/usr"));
  }

  private Sandbox(Path disk, Path files) {
    this.disk = disk;
    this.files = files;
  }

  /** Lets programs in sandboxes use a file. Nobody else can, if its directory is closed. */
  static void letNobodyHave(Path file) throws IOException {
    if (HostUser.isRoot()) {
      Files.setOwner(file, HostUser.of(NOBODY));
    }
  }

  /** Gives programs a file to read, and returns what it is called for them. */
  String add(String name, byte[] content) throws IOException {
    Path file = files.resolve(name);
    OwnerOnly.createFile(file);
    Files.write(file, content);
    letNobodyHave(file);
    return FILES + "/" + name;
  }

  /**
   * Makes sure that programs can be run in it.
   *
   * @throws IOException where they can't; the message says why
   */
  void check(TimedWork work) throws IOException, InterruptedException {
    try {
      byte[] _ = work.run(command(TRUE, List.of(), Limits.inspection(), 0));
    } catch (ToolFailed e) {
      throw new IOException(
          "programs that read what a guest wrote can't be confined on this host: " + e.getMessage(),
          e);
    }
  }

  /** A program in it. */
  Command command(Program program, List<String> arguments, Limits limits, int output)
      throws IOException {
    var line = new ArrayList<String>();
    line.addAll(List.of("--die-with-parent", "--new-session"));
    line.addAll(List.of("--unshare-ipc", "--unshare-pid", "--unshare-net", "--unshare-uts"));
    line.addAll(List.of("--ro-bind", "/usr", "/usr"));
    for (var directory : SYSTEM) {
      line.addAll(system(Path.of(directory)));
    }
    // The programs look there for what is mounted: nothing is.
    line.addAll(List.of("--dev", "/dev", "--dir", "/etc", "--symlink", "/dev/null", "/etc/mtab"));
    line.addAll(List.of("--bind", disk.toString(), DISK, "--ro-bind", files.toString(), FILES));
    line.addAll(List.of("--chdir", "/", "--cap-drop", "ALL"));
    line.addAll(HostUser.isRoot() ? becomeNobody() : beNobody());
    line.add(program.find().toString());
    line.addAll(arguments);
    return new Command(BWRAP, line, limits, output);
  }

  private static List<String> system(Path directory) throws IOException {
    if (Files.isSymbolicLink(directory)) {
      return List.of(
          "--symlink", Files.readSymbolicLink(directory).toString(), directory.toString());
    }
    return Files.isDirectory(directory, LinkOption.NOFOLLOW_LINKS)
        ? List.of("--ro-bind", directory.toString(), directory.toString())
        : List.of();
  }

  /** In a user namespace it would still be root to the files outside. */
  private static List<String> becomeNobody() throws IOException {
    return List.of(
        "--cap-add",
        "CAP_SETUID",
        "--cap-add",
        "CAP_SETGID",
        "--cap-add",
        "CAP_SETPCAP",
        "--",
        SETPRIV.find().toString(),
        "--reuid",
        NOBODY,
        "--regid",
        NOBODY,
        "--clear-groups",
        "--bounding-set",
        "-all",
        "--inh-caps",
        "-all");
  }

  private static List<String> beNobody() {
    return List.of("--unshare-user", "--uid", NOBODY, "--gid", NOBODY, "--");
  }
}
