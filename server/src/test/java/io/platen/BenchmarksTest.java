package io.platen;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The benchmarks are run by hand, from their sources: that those compile is looked at here. */
final class BenchmarksTest {
  @ParameterizedTest
  @ValueSource(strings = {"src", "lists"})
  void compile(String directory, @TempDir Path classes) throws Exception {
    List<Path> sources;
    try (var files = Files.list(Path.of("..", "bench", directory))) {
      sources = files.filter(file -> file.toString().endsWith(".java")).toList();
    }
    assertThat(sources).isNotEmpty();
    var compiler = ToolProvider.getSystemJavaCompiler();
    var messages = new StringWriter();
    try (var files = compiler.getStandardFileManager(null, null, null)) {
      var task =
          compiler.getTask(
              messages,
              files,
              null,
              List.of(
                  "-d",
                  classes.toString(),
                  "-proc:none",
                  "-cp",
                  System.getProperty("java.class.path")),
              null,
              files.getJavaFileObjectsFromPaths(sources));
      assertThat(task.call()).as(messages::toString).isTrue();
    }
  }
}
