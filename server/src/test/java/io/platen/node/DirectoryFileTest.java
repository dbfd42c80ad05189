package io.platen.node;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.platen.config.ConfigFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class DirectoryFileTest {
  private static final String POSTGRES =
      "jdbc:postgresql://me:secret@db:5432/platen?user=u&password=secret";

  @TempDir
  @SuppressWarnings("NullAway.Init")
  private Path root;

  private DirectoryFile of(Path data, @Nullable String database) throws Exception {
    @Nullable Path file = null;
    if (database != null) {
      file = Files.writeString(root.resolve("platen.yaml"), "database: \"" + database + "\"\n");
    }
    return new DirectoryFile(ConfigFile.read(file, null, null, data));
  }

  @Test
  void theIdIsMadeOnceForThisUserAloneAndMovesAlong() throws Exception {
    Path data = Files.createDirectory(root.resolve("data"));
    var made = of(data, null).claimant(Optional.empty());
    Path file = data.resolve("directory.json");
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
        .isEqualTo("rw-------");
    assertThat(of(data, null).claimant(Optional.of("of the database"))).isEqualTo(made);
    Path copy = Files.createDirectory(root.resolve("copy"));
    Files.copy(file, copy.resolve("directory.json"));
    var copied = of(copy, null).claimant(Optional.empty());
    assertThat(copied.id()).isEqualTo(made.id());
    assertThat(copied.place()).isNotEqualTo(made.place());
    Path moved = Files.move(data, root.resolve("moved"));
    var afterMove = of(moved, null).claimant(Optional.empty());
    assertThat(afterMove.id()).isEqualTo(made.id());
    assertThat(afterMove.place()).isEqualTo(made.place());
  }

  @Test
  void aDirectoryThatWasRestoredWithItsOwnDatabaseTakesTheIdThatThatHas() throws Exception {
    Path data = Files.createDirectory(root.resolve("data"));
    assertThat(of(data, null).claimant(Optional.of("restored")).id()).isEqualTo("restored");
    Path other = Files.createDirectory(root.resolve("other"));
    assertThat(of(other, POSTGRES).claimant(Optional.of("restored")).id()).isNotEqualTo("restored");
  }

  @Test
  void aForgottenConfigurationMakesNoDatabaseBesideTheOneThatIsUsed() throws Exception {
    Path data = Files.createDirectory(root.resolve("data"));
    var configured = of(data, POSTGRES);
    configured.checkDatabase();
    configured.remember(configured.claimant(Optional.empty()));
    assertThat(Files.readString(data.resolve("directory.json"))).doesNotContain("secret", "user");
    assertThatThrownBy(() -> of(data, null).checkDatabase())
        .hasMessageContaining("jdbc:postgresql://db:5432/platen")
        .hasMessageContaining("--config")
        .hasMessageContaining("database: jdbc:sqlite:" + data.resolve("platen.db"));
    // Said on purpose.
    for (var named :
        new String[] {"jdbc:sqlite:" + data.resolve("platen.db"), POSTGRES, "jdbc:postgresql:x"}) {
      assertThatCode(() -> of(data, named).checkDatabase()).doesNotThrowAnyException();
    }
    var back = of(data, "jdbc:sqlite:" + data.resolve("platen.db"));
    back.remember(back.claimant(Optional.empty()));
    of(data, null).checkDatabase();
    Path moved = Files.move(data, root.resolve("moved"));
    of(moved, null).checkDatabase();
  }

  @Test
  void aDamagedFileIsNamedWithTheRemedy() throws Exception {
    Path data = Files.createDirectory(root.resolve("data"));
    Files.writeString(data.resolve("directory.json"), "{\"id\":");
    assertThatThrownBy(() -> of(data, null).claimant(Optional.empty()))
        .hasMessageContaining("directory.json is damaged")
        .hasMessageContaining("--take-over");
  }
}
