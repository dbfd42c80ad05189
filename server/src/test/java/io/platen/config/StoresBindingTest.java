package io.platen.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@SuppressWarnings("NullAway.Init")
final class StoresBindingTest {
  @TempDir private Path root;

  private Path file(String name, String mode, String text) throws IOException {
    Path file = Files.writeString(root.resolve(name), text);
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString(mode));
    return file;
  }

  private static ServerConfig read(Path file) throws IOException, ConfigException {
    return ConfigFile.read(file, Map.of(), null, null, null);
  }

  private ServerConfig read(String text) throws IOException, ConfigException {
    return read(file("platen.yaml", "rw-------", text));
  }

  @Test
  void withoutStoresTheStoreIsInTheDataDirectory() throws Exception {
    assertThat(read("port: 1\n").s3()).isNull();
  }

  @Test
  void aStoreInABucketIsReadWithItsDefaults() throws Exception {
    var s3 =
        Objects.requireNonNull(
            read("stores: {main: {s3: {bucket: platen, endpoint: 'http://127.0.0.1:9000'}}}\n")
                .s3());
    assertThat(s3.name()).isEqualTo("main");
    assertThat(s3.bucket()).isEqualTo("platen");
    assertThat(s3.endpoint()).hasToString("http://127.0.0.1:9000");
    assertThat(s3.prefix()).isEmpty();
    assertThat(s3.region()).isEqualTo("us-east-1");
    assertThat(s3.keys()).isNull();
  }

  @Test
  void keysAreReadFromTheFileOrFromOneOfTheirOwnAndNeverPrinted() throws Exception {
    String keys = "accessKey: the-access, secretKey: the-secret";
    var here = read("stores: {main: {s3: {bucket: platen, " + keys + "}}}\n");
    Path own = file("keys.yaml", "rw-------", "accessKey: the-access\nsecretKey: the-secret\n");
    var there = read("stores: {main: {s3: {bucket: platen, credentialsFile: '" + own + "'}}}\n");
    for (var config : new ServerConfig[] {here, there}) {
      var s3 = Objects.requireNonNull(config.s3());
      assertThat(Objects.requireNonNull(s3.keys()).secretKey()).isEqualTo("the-secret");
      assertThat(config.toString()).doesNotContain("the-secret");
    }
  }

  @Test
  void aFileWithASecretThatOthersMayReadIsRefused() throws Exception {
    Path file =
        file(
            "open.yaml",
            "rw-r-----",
            "stores: {main: {s3: {bucket: platen, accessKey: a, secretKey: the-secret}}}\n");
    assertThatThrownBy(() -> read(file))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining("chmod 600 " + file)
        .message()
        .doesNotContain("the-secret");
  }

  @Test
  void allThatIsWrongIsSaidAtOnce() {
    assertThatThrownBy(
            () ->
                read(
                    """
                    stores:
                      main: {s3: {bucket: P, prefix: /a, endpoint: nowhere, colour: red, accessKey: a}}
                      other: {directory: srv}
                    regions: {ny2: man}
                    port: x
                    """))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining("stores.main.s3.bucket")
        .hasMessageContaining("stores.main.s3.prefix")
        .hasMessageContaining("stores.main.s3.endpoint")
        .hasMessageContaining("stores.main.s3.colour is no setting")
        .hasMessageContaining("belong together")
        .hasMessageContaining("stores.other.directory: must be an absolute path")
        .hasMessageContaining("regions.ny2: \"man\" is no store; there are main, other")
        .hasMessageContaining("port");
  }

  private static final String TWO =
      """
      stores: {a: {s3: {bucket: aaa}}, b: {s3: {bucket: bbb}}}
      regions: {ny2: a, ca1: a, ams1: b}
      """;

  @Test
  void aNodeUsesTheStoreOfItsRegionAndKnowsTheOthers() throws Exception {
    var config = read(TWO + "region: ams1\n");
    assertThat(Objects.requireNonNull(config.s3()).name()).isEqualTo("b");
    assertThat(config.stores().buckets()).containsOnlyKeys("a", "b");
    assertThat(config.stores().of("ca1")).contains("a");
    assertThat(config.stores().of("elsewhere")).isEmpty();
  }

  @Test
  void whichStoreANodeUsesHasToBeClear() {
    assertThatThrownBy(() -> read(TWO))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining("region: is missing");
    assertThatThrownBy(() -> read(TWO + "region: xx1\n"))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining("region: \"xx1\" has no store; regions has ams1, ca1, ny2");
    assertThatThrownBy(() -> read("stores: {a: {s3: {bucket: aaa}}, b: {s3: {bucket: bbb}}}\n"))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining("regions: is missing");
    assertThatThrownBy(() -> read("regions: {ny2: a}\n"))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining("needs stores");
  }

  @Test
  void aStoreMayBeInADirectoryOfTheNode() throws Exception {
    var config =
        read(
            """
            stores: {main: {s3: {bucket: aaa}}, local: {directory: /srv/store}}
            regions: {ny2: main, ams1: local}
            region: ams1
            """);
    assertThat(config.s3()).isNull();
    assertThat(config.storeDirectory())
        .isEqualTo(new DirectoryStore("local", Path.of("/srv/store")));
    assertThat(config.stores().buckets()).containsOnlyKeys("main");
  }

  @Test
  void oneStoreIsThatOfANodeOfEveryRegion() throws Exception {
    var config = read("stores: {a: {s3: {bucket: aaa}}}\nregions: {ny2: a, ca1: a}\n");
    assertThat(Objects.requireNonNull(config.s3()).name()).isEqualTo("a");
    assertThat(config.stores().of("ams1")).isEmpty();
  }
}
