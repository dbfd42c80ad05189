package io.platen;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** docs/threats.md names tests; it must not promise what nothing shows. */
final class ThreatsPageTest {
  private static final Pattern NAME = Pattern.compile("`([A-Z]\\w+(?:IT|Test))`");

  @Test
  void everyTestThatThePageNamesIsThere() throws Exception {
    var named = new TreeSet<String>();
    var matcher = NAME.matcher(Files.readString(Path.of("..", "docs", "threats.md")));
    while (matcher.find()) {
      named.add(matcher.group(1));
    }
    assertThat(named).hasSizeGreaterThan(30);
    var there = new TreeSet<String>();
    for (var module : new String[] {"server", "chunkstore", "nbd"}) {
      try (var files = Files.walk(Path.of("..", module, "src", "test", "java"))) {
        there.addAll(
            files
                .map(file -> file.getFileName().toString())
                .filter(name -> name.endsWith(".java"))
                .map(name -> name.substring(0, name.length() - ".java".length()))
                .collect(Collectors.toSet()));
      }
    }
    assertThat(there).containsAll(named);
  }
}
