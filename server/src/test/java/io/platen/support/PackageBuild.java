package io.platen.support;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/**
 * A package of the application that was built.
 *
 * @param directory where it is
 * @param version its own
 */
public record PackageBuild(Path directory, String version) {
  private static final Path SCRIPT = Path.of("..", "packaging", "build.sh").toAbsolutePath();

  /** Fixed: what is made does not depend on when. */
  private static final String EPOCH = "1767225600";

  /** Makes one, uncompressed: that takes seconds. */
  public static PackageBuild make(Path directory, String version) throws Exception {
    // With another umask than usual: the modes of what is made are its own.
    var ended =
        Program.run(
            List.of(
                "sh",
                "-c",
                "umask 077; exec \"$0\" \"$@\"",
                SCRIPT.toString(),
                "--jdk",
                System.getProperty("java.home"),
                "--app",
                Path.of("target", "quarkus-app").toAbsolutePath().toString(),
                "--out",
                directory.toString(),
                "--version",
                version,
                "--epoch",
                EPOCH,
                "--uncompressed"),
            Map.of());
    if (ended.status() != 0) {
      throw new IOException("build.sh: " + ended.out() + ended.err());
    }
    return new PackageBuild(directory, version);
  }

  private String name() throws Exception {
    return "platen_%s_%s"
        .formatted(version, Program.succeed("dpkg", "--print-architecture").strip());
  }

  public Path deb() throws Exception {
    return directory.resolve(name() + ".deb");
  }

  public Path tar() throws Exception {
    return directory.resolve(name() + ".tar");
  }

  /** A field of its control data. */
  public String field(String name) throws Exception {
    return Program.succeed("dpkg-deb", "--field", deb().toString(), name).strip();
  }

  /** Unpacks its files, but not its control data. */
  public Path unpacked(Path target) throws Exception {
    Files.createDirectories(target);
    Program.succeed("dpkg-deb", "--extract", deb().toString(), target.toString());
    return target;
  }
}
