package io.platen.support;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Assumptions;

/** What a user of the host can do with what is in a directory: the kernel is asked. */
public final class HostAccess {
  private static final String SCRIPT =
      """
      test=$1
      shift
      for file; do
        if [ "$test" "$file" ]; then printf '%s\\n' "$file"; fi
      done
      """;

  private final List<String> become;

  private HostAccess(String user, String group) {
    become = List.of("setpriv", "--reuid", user, "--regid", group, "--clear-groups");
  }

  /** Of users without any right; needs root. */
  public static HostAccess ofNobody() throws Exception {
    Assumptions.assumeTrue(Program.succeed("id", "-u").strip().equals("0"), "needs root");
    return new HostAccess("nobody", "nogroup");
  }

  /** Of the user that QEMU runs as. */
  public static HostAccess ofQemu() {
    return new HostAccess("libvirt-qemu", "kvm");
  }

  /** Runs a program as that user. */
  public Program.Ended run(String... command) throws IOException, InterruptedException {
    var line = new ArrayList<>(become);
    line.addAll(List.of(command));
    return Program.run(line);
  }

  /** What it can read in a directory, as paths in it. */
  public Set<String> readable(Path directory) throws Exception {
    return passing("-r", directory);
  }

  public Set<String> writable(Path directory) throws Exception {
    return passing("-w", directory);
  }

  private Set<String> passing(String test, Path directory) throws Exception {
    var command = new ArrayList<>(List.of("sh", "-c", SCRIPT, "sh", test));
    try (var paths = Files.walk(directory)) {
      paths.skip(1).forEach(path -> command.add(path.toString()));
    }
    var ended = run(command.toArray(String[]::new));
    assertThat(ended.status()).as(ended.err()).isLessThanOrEqualTo(1);
    var passing = new TreeSet<String>();
    ended
        .out()
        .lines()
        .forEach(path -> passing.add(directory.relativize(Path.of(path)).toString()));
    return passing;
  }

  /** Asserts that each file and directory in this one is closed by its own mode. */
  public static void assertClosedOneByOne(Path directory) throws Exception {
    try (var paths = Files.walk(directory)) {
      for (var path : paths.skip(1).toList()) {
        if (!Files.isSymbolicLink(path)) {
          assertClosed(path);
        }
      }
    }
  }

  private static void assertClosed(Path path) throws Exception {
    String mode =
        PosixFilePermissions.toString(
            Files.getPosixFilePermissions(path, LinkOption.NOFOLLOW_LINKS));
    assertThat(mode).as(path.toString()).endsWith("---");
    if (!mode.endsWith("------")) {
      // The mask of a list that lets users in by name, and no group.
      assertThat(Program.succeed("getfacl", "--absolute-names", path.toString()))
          .contains("\nmask::", "\ngroup::---", "\nother::---")
          .doesNotContainPattern("\ngroup:[^:]");
    }
  }
}
