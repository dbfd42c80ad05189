package io.platen.upkeep;

import static org.assertj.core.api.Assertions.assertThat;

import io.platen.database.Database;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class StoreMarkTest {
  @TempDir
  @SuppressWarnings("NullAway.Init")
  private Path directory;

  @ParameterizedTest
  @CsvSource({
    // before, has templates, store is empty, after
    ",        false, true,  OURS",
    ",        true,  true,  OURS",
    ",        true,  false, OURS", // an installation from before there were marks
    ",        false, false, FOREIGN",
    "OURS,    true,  false, OURS",
    "OURS,    true,  true,  OURS",
    "OURS,    false, false, FOREIGN", // a backup from before the first template
    "FOREIGN, false, false, FOREIGN",
    "FOREIGN, true,  false, FOREIGN",
    "FOREIGN, true,  true,  OURS",
    "FOREIGN, false, true,  OURS",
    "ATTACHED, false, false, ATTACHED", // by a person, before its first template
    "ATTACHED, true,  false, OURS",
    "ATTACHED, false, true,  OURS",
  })
  void aDatabaseKnowsItsStoreIfItMetItEmptyOrHadTemplates(
      StoreMark before, boolean hasTemplates, boolean empty, StoreMark after) {
    assertThat(StoreMark.next(Optional.ofNullable(before), hasTemplates, empty)).isEqualTo(after);
  }

  @Test
  void theMarkIsRemembered() {
    try (var database = Database.open(Database.sqliteUrl(directory.resolve("x.db")))) {
      assertThat(
              database.<Optional<StoreMark>, RuntimeException>read(
                  handle -> StoreMark.find(handle, "")))
          .isEmpty();
      for (var mark : StoreMark.values()) {
        database.change(handle -> mark.write(handle, ""));
        assertThat(
                database.<Optional<StoreMark>, RuntimeException>read(
                    handle -> StoreMark.find(handle, "")))
            .contains(mark);
      }
    }
  }
}
