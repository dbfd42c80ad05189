package io.platen.system;

import static org.assertj.core.api.Assertions.assertThat;

import io.platen.support.Client;
import io.platen.support.JavalessRoot;
import io.platen.support.PackageBuild;
import io.platen.support.Program;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.zip.ZipFile;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** The package, as it is made and as it runs where there is no Java. */
class PackageIT {
  /** What an installation may take, with the caches that are made on the host. */
  private static final long INSTALLED = 250_000_000;

  /** What those caches take at most. */
  private static final long CACHES = 115_000_000;

  private static Path directory;
  private static PackageBuild made;
  private static Path files;

  @BeforeAll
  static void make() throws Exception {
    directory = Files.createTempDirectory("package");
    // Another user passes it.
    Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwx--x--x"));
    made = PackageBuild.make(directory.resolve("first"), "0.1.0");
    files = made.unpacked(directory.resolve("files"));
  }

  @AfterAll
  static void remove() throws Exception {
    Program.succeed("rm", "-rf", directory.toString());
  }

  private static List<String> listed() throws Exception {
    return Program.succeed("dpkg-deb", "--contents", made.deb().toString()).lines().toList();
  }

  @Test
  void twoBuildsOfTheSameAreTheSameByteForByte() throws Exception {
    var again = PackageBuild.make(directory.resolve("again"), "0.1.0");
    assertThat(Files.mismatch(made.deb(), again.deb())).isEqualTo(-1);
    assertThat(Files.mismatch(made.tar(), again.tar())).isEqualTo(-1);
    String sums = Files.readString(again.directory().resolve("SHA256SUMS"));
    assertThat(
            Program.run(
                    List.of(
                        "sh",
                        "-c",
                        "cd '%s' && sha256sum -c SHA256SUMS".formatted(again.directory())))
                .status())
        .isZero();
    assertThat(sums)
        .contains(made.deb().getFileName().toString(), made.tar().getFileName().toString());
  }

  @Test
  void allOfItIsRootsAndOnlyTheConfigurationIsClosed() throws Exception {
    assertThat(listed()).allMatch(line -> line.contains(" root/root "));
    assertThat(listed())
        .filteredOn(line -> !line.matches("(drwxr-xr-x|-rwxr-xr-x|-rw-r--r--|lrwxrwxrwx) .*"))
        .singleElement()
        .satisfies(
            line -> assertThat(line).startsWith("-rw-r-----").endsWith("/etc/platen/platen.yaml"));
    String tar = Program.succeed("tar", "-tvf", made.tar().toString());
    assertThat(tar.lines()).allMatch(line -> line.contains(" 0/0 "));
    assertThat(tar).contains("platen-0.1.0/usr/lib/platen/runtime/bin/java");
  }

  @Test
  void itHoldsWhatAnInstallationNeeds() throws Exception {
    assertThat(listed().stream().map(line -> line.replaceFirst(".* \\./", "")))
        .contains(
            "usr/bin/platen -> ../lib/platen/platen",
            "usr/lib/platen/run.sh",
            "usr/lib/platen/train",
            "usr/lib/platen/runtime/bin/java",
            "lib/systemd/system/platen.service",
            "lib/systemd/system/platen-train.service",
            "etc/platen/platen.yaml",
            "etc/apparmor.d/abstractions/libvirt-qemu.d/platen",
            "etc/ca-certificates/update.d/platen",
            "usr/share/doc/platen/copyright",
            "usr/share/doc/platen/operations.md");
    assertThat(files.resolve("etc/platen/platen.yaml"))
        .content()
        .contains("\ndata: /var/lib/platen\n", "#port: 8080\n");
    // The authorities of the host that builds are not those of the host that runs.
    assertThat(files.resolve("usr/lib/platen/runtime/lib/security/cacerts")).doesNotExist();
    try (var all = Files.walk(files)) {
      assertThat(all.filter(path -> path.toString().matches(".*/(jmods|include|man[0-9])/.*\\.h")))
          .isEmpty();
    }
  }

  @Test
  void itsControlDataSaysWhatItNeedsAndTakes() throws Exception {
    assertThat(made.field("Version")).isEqualTo("0.1.0");
    assertThat(made.field("Depends")).contains("qemu-utils", "acl", "libc6").doesNotContain("jre");
    assertThat(made.field("Recommends")).contains("libvirt-daemon-system", "bubblewrap");
    assertThat(Long.parseLong(made.field("Installed-Size")) * 1024 + CACHES).isLessThan(INSTALLED);
    Path control = directory.resolve("control");
    Program.succeed("dpkg-deb", "--control", made.deb().toString(), control.toString());
    assertThat(control.resolve("conffiles"))
        .content()
        .isEqualTo(
            """
            /etc/apparmor.d/abstractions/libvirt-qemu.d/platen
            /etc/ca-certificates/update.d/platen
            /etc/platen/platen.yaml
            """);
    for (var script : List.of("preinst", "postinst", "prerm", "postrm")) {
      Program.succeed("sh", "-n", control.resolve(script).toString());
      assertThat(control.resolve(script)).isExecutable();
    }
    assertThat(
            Program.run(
                    List.of(
                        "sh",
                        "-c",
                        "cd '%s' && md5sum --quiet -c ../control/md5sums".formatted(files)))
                .status())
        .isZero();
  }

  /**
   * The classes of each jar in a directory of its own. With the jars' module-info jdeps would ask
   * for modules that are no part of the application.
   */
  private static Path classes() throws Exception {
    Path classes = Files.createDirectories(directory.resolve("classes"));
    try (var all = Files.walk(files.resolve("usr/lib/platen/app"))) {
      for (var jar : all.filter(path -> path.toString().endsWith(".jar")).toList()) {
        Path target = classes.resolve(jar.getFileName().toString());
        try (var zip = new ZipFile(jar.toFile())) {
          for (var entry : Collections.list(zip.entries())) {
            String name = entry.getName();
            if (name.endsWith(".class")
                && !name.startsWith("META-INF/")
                && !name.equals("module-info.class")) {
              Path file = target.resolve(name);
              Files.createDirectories(file.getParent());
              Files.write(file, zip.getInputStream(entry).readAllBytes());
            }
          }
        }
      }
    }
    return classes;
  }

  /** The modules that the application asks for and a runtime lacks. */
  private static List<String> missing(Path classes, List<String> runtime) throws Exception {
    String found =
        Program.succeed(
            "sh",
            "-c",
            "'%s/bin/jdeps' -q --ignore-missing-deps --list-deps '%s'/*"
                .formatted(System.getProperty("java.home"), classes));
    assertThat(found).contains("java.base");
    return found
        .lines()
        .map(line -> line.strip().replaceFirst("/.*", ""))
        .filter(line -> line.startsWith("java.") || line.startsWith("jdk."))
        // The processor of Vert.x' annotations, which no server runs.
        .filter(module -> !module.equals("jdk.compiler"))
        .distinct()
        .filter(module -> !runtime.contains(module))
        .toList();
  }

  @Test
  void itsRuntimeHasAllModulesThatItUses() throws Exception {
    var runtime =
        Program.succeed(
                files.resolve("usr/lib/platen/runtime/bin/java").toString(), "--list-modules")
            .lines()
            .map(line -> line.replaceFirst("@.*", ""))
            .toList();
    Path classes = classes();
    assertThat(missing(classes, runtime)).isEmpty();
    var without = runtime.stream().filter(module -> !module.equals("java.sql")).toList();
    assertThat(missing(classes, without)).containsExactly("java.sql");
  }

  @Test
  void anOlderVersionIsNotInstalledOverANewerOne() throws Exception {
    Path control = directory.resolve("scripts");
    Program.succeed("dpkg-deb", "--control", made.deb().toString(), control.toString());
    String script = control.resolve("preinst").toString();
    var refused = Program.run(List.of(script, "upgrade", "0.1.0+newer"));
    assertThat(refused.status()).isEqualTo(1);
    assertThat(refused.err()).contains("0.1.0+newer is installed", "apt-get remove platen");
    for (var arguments :
        List.of(
            List.of("upgrade", "0.1.0"),
            List.of("upgrade", "0.0.9"),
            List.of("install"),
            List.of("install", "0.2"))) {
      var command = new ArrayList<>(List.of(script));
      command.addAll(arguments);
      assertThat(Program.run(command).status()).isZero();
    }
  }

  @Test
  void lintianFindsNoError() throws Exception {
    var ended =
        Program.run(
            List.of(
                "lintian",
                "--allow-root",
                "--no-cfg",
                "--fail-on",
                "error",
                // The tests make it so; a package that is released is compressed.
                "--suppress-tags",
                "uses-no-compression-for-control-tarball,uses-no-compression-for-data-tarball",
                made.deb().toString()));
    assertThat(ended.status()).as(ended.out() + ended.err()).isZero();
  }

  @Test
  void theServiceIsHardened() throws Exception {
    var ended =
        Program.run(
            List.of(
                "systemd-analyze",
                "security",
                "--offline=true",
                "--threshold=40",
                "--no-pager",
                "--root=" + files,
                "platen.service"));
    assertThat(ended.status()).as(ended.out() + ended.err()).isZero();
    assertThat(ended.out()).contains("Overall exposure level for platen.service");
  }

  private static Program.Ended imported(JavalessRoot root, String... more) throws Exception {
    var command = new ArrayList<>(List.of("/usr/lib/platen/platen", "import"));
    command.addAll(List.of("/var/cache/platen/image.raw", "--format=raw", "--name=zeros"));
    command.addAll(List.of(more));
    return root.run(command.toArray(String[]::new));
  }

  /** Root does all of it, and the server's user has all of it. */
  @Test
  void itRunsWhereThereIsNoJava() throws Exception {
    Path data = Files.createDirectories(files.resolve("var/lib/platen"));
    Files.createDirectories(files.resolve("var/cache/platen"));
    Program.succeed("chgrp", "games", files.resolve("etc/platen/platen.yaml").toString());
    Program.succeed("chown", "games:games", data.toString());
    var root = new JavalessRoot(files);
    assertThat(root.run("sh", "-c", "command -v java javac; ls /usr/lib/jvm").out()).isEmpty();
    var version = root.run("/usr/lib/platen/platen", "version");
    assertThat(version.out()).as(version.err()).isEqualTo("0.1.0\n");

    var created = root.run("/usr/lib/platen/platen", "key", "create");
    assertThat(created.status()).as(created.err()).isZero();
    assertThat(Files.getOwner(data.resolve("platen.db")).getName()).isEqualTo("games");
    try (var server = root.serve()) {
      var client = new Client(URI.create(server.url()), created.lastLine());
      client.get("/health").ok();
      // As an administrator has it.
      Path image = Files.write(files.resolve("var/cache/platen/image.raw"), new byte[4 << 20]);
      Files.setPosixFilePermissions(image, PosixFilePermissions.fromString("rw-------"));
      var refused = imported(root);
      assertThat(refused.status()).as(refused.err()).isEqualTo(1);
      assertThat(refused.err()).contains("games can't read /var/cache/platen/image.raw");
      var imported = imported(root, "--let-read");
      assertThat(imported.status()).as(imported.err()).isZero();
      assertThat(imported.err()).contains("setfacl -m u:games:r /var/cache/platen/image.raw");
      assertThat(client.get("/os-templates").ok().toString()).contains(imported.lastLine());
    }
    assertThat(Program.succeed("find", data.toString(), "!", "-user", "games")).isEmpty();
    assertThat(root.run("/usr/lib/platen/platen", "test").err()).contains("clone");
  }
}
