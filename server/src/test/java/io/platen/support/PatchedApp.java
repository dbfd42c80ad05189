package io.platen.support;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.URI;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import javax.tools.ToolProvider;

/** The application in another version: a copy, of which something was changed. */
public final class PatchedApp {
  private static final Path APP = Path.of("target", "quarkus-app").toAbsolutePath();

  private PatchedApp() {}

  /**
   * One with a bug in it: one class is compiled from a changed source.
   *
   * @param source of the class, below the directory of the project
   * @param from what is replaced in it; must be there once
   * @return for {@link io.platen.support.RunningServer#startAs}: has the command that runs the
   *     application run this one
   */
  public static List<String> with(Path work, String source, String from, String to)
      throws Exception {
    Path app = copy(work);
    Path file = Path.of("..", source);
    String text = Files.readString(file);
    assertThat(text.split(java.util.regex.Pattern.quote(from), -1)).as(source).hasSize(2);
    Path changed = work.resolve("source").resolve(file.getFileName());
    Files.createDirectories(Objects.requireNonNull(changed.getParent()));
    Files.writeString(changed, text.replace(from, to));
    Path classes = Files.createDirectories(work.resolve("classes"));
    compile(changed, jars(app), classes);
    put(classes, jarOf(app, source));
    return become(app);
  }

  /**
   * One of a later version, whose server has a file more.
   *
   * @param name below the root of its classes
   * @return as of {@link #with}
   */
  public static List<String> withFile(Path work, String name, String text) throws Exception {
    Path app = copy(work);
    Path file = work.resolve("files").resolve(name);
    Files.createDirectories(Objects.requireNonNull(file.getParent()));
    Files.writeString(file, text);
    put(work.resolve("files"), jarOf(app, "server"));
    return become(app);
  }

  private static Path copy(Path work) throws Exception {
    Path app = work.resolve("app");
    Program.succeed("cp", "-a", APP.toString(), app.toString());
    return app;
  }

  private static List<String> become(Path app) {
    return List.of(
        "bash",
        "-c",
        "from=$1; to=$2; shift 2; exec \"${@/$from/$to}\"",
        "patched",
        APP.toString(),
        app.toString());
  }

  private static List<Path> jars(Path app) throws Exception {
    try (Stream<Path> files = Files.walk(app)) {
      return files.filter(file -> file.toString().endsWith(".jar")).toList();
    }
  }

  private static void compile(Path source, List<Path> jars, Path classes) {
    var arguments =
        List.of(
            "--release",
            "25",
            "-proc:none",
            "-nowarn",
            "-cp",
            jars.stream().map(Path::toString).collect(Collectors.joining(":")),
            "-d",
            classes.toString(),
            source.toString());
    int status =
        Objects.requireNonNull(ToolProvider.getSystemJavaCompiler())
            .run(null, null, null, arguments.toArray(String[]::new));
    assertThat(status).as("compiling %s", source).isZero();
  }

  private static Path jarOf(Path app, String source) throws Exception {
    String module = source.replaceFirst("/.*", "");
    String name = module.equals("server") ? "platen-server-" : "platen-" + module + "-";
    var found =
        jars(app).stream().filter(jar -> jar.getFileName().toString().contains(name)).toList();
    assertThat(found).hasSize(1);
    return found.getFirst();
  }

  private static void put(Path classes, Path jar) throws Exception {
    var put = new ArrayList<Path>();
    try (Stream<Path> files = Files.walk(classes)) {
      files.filter(Files::isRegularFile).forEach(put::add);
    }
    try (var zip = FileSystems.newFileSystem(URI.create("jar:" + jar.toUri()), Map.of())) {
      for (var file : put) {
        Files.copy(
            file, zip.getPath("/" + classes.relativize(file)), StandardCopyOption.REPLACE_EXISTING);
      }
    }
  }
}
