package io.platen.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class ConfigFileTest {
  @TempDir
  @SuppressWarnings("NullAway.Init")
  private Path directory;

  private ServerConfig read(String yaml) throws Exception {
    return ConfigFile.read(write(yaml), null, null, null);
  }

  private Path write(String yaml) throws Exception {
    return Files.writeString(directory.resolve("platen.yaml"), yaml);
  }

  @Test
  void withoutAFileAllIsAsUsual() throws Exception {
    var config = ConfigFile.read(null, null, null, null);
    assertThat(config).isEqualTo(ServerConfig.defaults(Path.of("data")));
    assertThat(config.host()).isEqualTo("127.0.0.1");
    assertThat(config.port()).isEqualTo(8080);
    assertThat(config.databaseUrl()).isEqualTo("jdbc:sqlite:" + config.data().database());
    assertThat(read("")).isEqualTo(config);
    assertThat(read("# nothing\n")).isEqualTo(config);
  }

  @Test
  void whatTheFileSaysCounts() throws Exception {
    var config =
        read(
            """
            host: "::"
            port: 0
            data: /srv/platen
            database: jdbc:postgresql://db/platen
            catalog: /etc/platen/catalog.yaml
            hypervisor: none
            libvirtUri: qemu:///session
            libvirtNetwork: lan
            acceleration: emulation
            stopTimeoutSeconds: 7
            publicIps: 192.0.2.10-192.0.2.20
            """);
    assertThat(config.host()).isEqualTo("::");
    assertThat(config.port()).isZero();
    assertThat(config.data().root()).isEqualTo(Path.of("/srv/platen"));
    assertThat(config.databaseUrl()).isEqualTo("jdbc:postgresql://db/platen");
    assertThat(config.catalogFile()).isEqualTo(Path.of("/etc/platen/catalog.yaml"));
    assertThat(config.hypervisor())
        .isEqualTo(
            new HypervisorSettings(
                HypervisorSettings.Mode.NONE,
                "qemu:///session",
                "lan",
                HypervisorSettings.Acceleration.EMULATION,
                Duration.ofSeconds(7),
                PublicIps.of("192.0.2.10-192.0.2.20")));
  }

  @Test
  void theCommandLineComesFirst() throws Exception {
    var file = write("{host: a, port: 1, data: /b}");
    var config = ConfigFile.read(file, "c", 2, Path.of("/d"));
    assertThat(config.host()).isEqualTo("c");
    assertThat(config.port()).isEqualTo(2);
    assertThat(config.data().root()).isEqualTo(Path.of("/d"));
    assertThat(config.databaseUrl()).isEqualTo("jdbc:sqlite:/d/platen.db");
  }

  @Test
  void allThatIsWrongIsToldAtOnceWithTheFile() throws Exception {
    assertThatThrownBy(
            () ->
                read(
                    """
                    hots: x
                    port: 65536
                    data: ""
                    database: mysql://x
                    hypervisor: xen
                    stopTimeoutSeconds: 0
                    """))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining(directory.resolve("platen.yaml").toString())
        .hasMessageContaining("\"hots\" is no setting; did you mean \"host\"?")
        .hasMessageContaining("port: \"65536\" is not a port number")
        .hasMessageContaining("data: must be a text")
        .hasMessageContaining("database: \"mysql://x\" begins with neither")
        .hasMessageContaining("hypervisor: \"xen\" is none of auto, libvirt, none")
        .hasMessageContaining("stopTimeoutSeconds: \"0\" is not a whole number from 1 to 3600");
  }

  @Test
  void whatIsNoConfigurationIsRefused() {
    assertThatThrownBy(() -> read("- a\n- b"))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining("must be a list of \"key: value\" lines");
    assertThatThrownBy(() -> read("a: [")).hasMessageContaining("is not YAML");
    assertThatThrownBy(() -> ConfigFile.read(directory.resolve("none"), null, null, null))
        .isInstanceOf(NoSuchFileException.class);
  }
}
