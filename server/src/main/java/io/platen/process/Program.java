package io.platen.process;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/**
 * A program Platen runs.
 *
 * @param name its file name, looked up in PATH
 * @param debianPackage the Debian and Ubuntu package that brings it
 * @param otherPackages where other distributions have it
 */
public record Program(String name, String debianPackage, String otherPackages) {
  private static final String FEDORA_QEMU =
      "Fedora and RHEL: qemu-img; Arch: qemu-img; Alpine: qemu-img";
  private static final String UTIL_LINUX = "util-linux on every distribution";

  public static final Program QEMU_IMG = new Program("qemu-img", "qemu-utils", FEDORA_QEMU);
  public static final Program QEMU_NBD = new Program("qemu-nbd", "qemu-utils", FEDORA_QEMU);
  public static final Program QEMU_IO = new Program("qemu-io", "qemu-utils", FEDORA_QEMU);
  static final Program SETPRIV = new Program("setpriv", "util-linux", UTIL_LINUX);
  static final Program PRLIMIT = new Program("prlimit", "util-linux", UTIL_LINUX);
  static final Program SH = new Program("sh", "dash", "any POSIX shell");

  /** Used when PATH is unset; services are sometimes started without one. */
  private static final String DEFAULT_PATH =
      "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

  /** The PATH programs are looked up in, and the one they get. */
  static String searchPath() {
    String path = System.getenv("PATH");
    return path == null || path.isBlank() ? DEFAULT_PATH : path;
  }

  /**
   * The program's absolute path. Relative entries of PATH are skipped: they depend on where we are.
   */
  public Path find() throws ToolMissing {
    return Stream.of(searchPath().split(":"))
        .filter(dir -> dir.startsWith("/"))
        .map(dir -> Path.of(dir, name))
        .filter(file -> Files.isRegularFile(file) && Files.isExecutable(file))
        .findFirst()
        .orElseThrow(() -> new ToolMissing(this));
  }

  /** Every program the package runs, to be checked at start. */
  public static List<Program> required() {
    return List.of(QEMU_IMG, QEMU_NBD, SETPRIV, PRLIMIT, SH);
  }
}
