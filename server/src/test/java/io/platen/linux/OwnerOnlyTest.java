package io.platen.linux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class OwnerOnlyTest {
  @TempDir Path directory;

  private static String mode(Path path) throws IOException {
    return PosixFilePermissions.toString(Files.getPosixFilePermissions(path));
  }

  @Test
  void whatIsMadeIsClosedWhateverTheUmaskIs() throws Exception {
    Path made = directory.resolve("a/b");
    assertThat(OwnerOnly.createDirectory(made)).isTrue();
    assertThat(OwnerOnly.createDirectory(made)).isFalse();
    assertThat(mode(made)).isEqualTo("rwx------");
    OwnerOnly.createFile(made.resolve("empty"));
    OwnerOnly.createFile(made.resolve("empty"));
    assertThat(mode(made.resolve("empty"))).isEqualTo("rw-------");
    OwnerOnly.write(made.resolve("text"), "secret");
    assertThat(made.resolve("text")).hasContent("secret");
    assertThat(mode(made.resolve("text"))).isEqualTo("rw-------");
  }

  @Test
  void aTextTakesThePlaceOfAnOpenFileAndOfALinkWithoutFollowingIt() throws Exception {
    Path file = Files.writeString(directory.resolve("file"), "before");
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-rw-rw-"));
    OwnerOnly.write(file, "after");
    assertThat(mode(file)).isEqualTo("rw-------");

    Path elsewhere = Files.writeString(directory.resolve("elsewhere"), "mine");
    Path link = Files.createSymbolicLink(directory.resolve("link"), elsewhere);
    OwnerOnly.write(link, "secret");
    assertThat(elsewhere).hasContent("mine");
    assertThat(link).hasContent("secret");
  }

  @Test
  void aFileWhereADirectoryBelongsIsRefused() throws Exception {
    Path file = Files.createFile(directory.resolve("file"));
    assertThatThrownBy(() -> OwnerOnly.createDirectory(file))
        .isInstanceOf(NotDirectoryException.class)
        .hasMessageContaining(file.toString());
  }

  @Test
  void aTreeIsRemovedAndWhatItsLinksLeadToStays() throws Exception {
    Path elsewhere = Files.createDirectory(directory.resolve("elsewhere"));
    Files.createFile(elsewhere.resolve("kept"));
    Path tree = Files.createDirectory(directory.resolve("tree"));
    Files.createDirectories(tree.resolve("a/b"));
    Files.createFile(tree.resolve("a/b/c"));
    Files.createSymbolicLink(tree.resolve("link"), elsewhere);
    OwnerOnly.deleteTree(tree);
    OwnerOnly.deleteTree(tree);
    assertThat(tree).doesNotExist();
    Path link = Files.createSymbolicLink(directory.resolve("link"), elsewhere);
    OwnerOnly.deleteTree(link);
    assertThat(link).doesNotExist();
    Path file = Files.createFile(directory.resolve("file"));
    OwnerOnly.deleteTree(file);
    assertThat(file).doesNotExist();
    assertThat(elsewhere.resolve("kept")).exists();
  }
}
