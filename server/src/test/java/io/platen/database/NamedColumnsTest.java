package io.platen.database;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/**
 * A later version may add a column while nodes of this one go on: PostgreSQL refuses a statement
 * that is prepared, and whose answer has other columns than before.
 */
final class NamedColumnsTest {
  private static final Path SOURCES = Path.of("src/main/java");
  private static final Pattern ALL =
      Pattern.compile("SELECT (\\w+\\.)?\\* FROM (?!\\()|SELECT \\w+\\.\\*|, \\w+\\.\\*");

  /** They are prepared for one use. */
  private static final Set<String> WHOLE_TABLES = Set.of("DumpWriter.java", "DumpedRows.java");

  @Test
  void statementsNameTheColumnsThatTheyRead() throws Exception {
    try (var files = Files.walk(SOURCES)) {
      assertThat(files.filter(file -> file.toString().endsWith(".java")).toList())
          .hasSizeGreaterThan(100)
          .filteredOn(file -> !WHOLE_TABLES.contains(String.valueOf(file.getFileName())))
          .allSatisfy(
              file ->
                  assertThat(ALL.matcher(Files.readString(file)).results().toList())
                      .as("%s", file)
                      .isEmpty());
    }
  }
}
