package io.platen.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
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
            libvirtTimeoutSeconds: 45
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
                Duration.ofSeconds(45),
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
                    nodeAddress: node1:8080
                    hypervisor: xen
                    stopTimeoutSeconds: 0
                    """))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining(directory.resolve("platen.yaml").toString())
        .hasMessageContaining("\"hots\" is no setting; did you mean \"host\"?")
        .hasMessageContaining("port: \"65536\" is not a whole number from 0 to 65535")
        .hasMessageContaining("data: must be a text")
        .hasMessageContaining("database: \"mysql://x\" is not a URL that begins with jdbc:sqlite:")
        .hasMessageContaining("nodeAddress: \"node1:8080\" is not a URL that begins with https://")
        .hasMessageContaining("hypervisor: \"xen\" is not one of auto, libvirt, none")
        .hasMessageContaining("stopTimeoutSeconds: \"0\" is not a whole number from 1 to 3600");
  }

  @Test
  void theEnvironmentComesBeforeTheFileAndBehindTheCommandLine() throws Exception {
    var file = write("{host: a, port: 1, upkeep: {cacheGb: 5, scrubDays: 6}}");
    var environment =
        Map.of(
            "PLATEN_HOST", "b",
            "PLATEN_PORT", "2",
            "PLATEN_UPKEEP_CACHE_GB", "7",
            "PLATEN_RATE_LIMIT_REQUESTS_PER_SECOND", "0.5",
            "PLATEN_RATE_LIMIT_BURST", "8",
            "PLATEN_CATALOG", "",
            "PLATEN_HOME", "/opt/platen",
            "HOME", "/root");
    var config = ConfigFile.read(file, environment, null, 3, null);
    assertThat(config.host()).isEqualTo("b");
    assertThat(config.port()).isEqualTo(3);
    assertThat(config.upkeep().cacheGb()).isEqualTo(7);
    assertThat(config.upkeep().scrubDays()).isEqualTo(6);
    assertThat(config.rateLimit()).isEqualTo(new RateLimit(0.5, 8));
    assertThat(config.catalogFile()).isNull();
  }

  @Test
  void whatIsWrongWithTheEnvironmentIsToldWithTheFilesProblems() throws Exception {
    var file = write("{port: x, host: a}");
    var environment = Map.of("PLATEN_UPKEEP_CACHE_GBS", "7", "PLATEN_STOP_TIMEOUT_SECONDS", "0");
    assertThatThrownBy(() -> ConfigFile.read(file, environment, null, null, null))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining("port: \"x\" is not a whole number")
        .hasMessageContaining(
            "\"PLATEN_UPKEEP_CACHE_GBS\" is no setting; did you mean \"PLATEN_UPKEEP_CACHE_GB\"?")
        .hasMessageContaining("PLATEN_STOP_TIMEOUT_SECONDS: \"0\" is not a whole number");
    assertThatThrownBy(() -> ConfigFile.read(null, Map.of("PLATEN_PORT", "x"), null, null, null))
        .hasMessageStartingWith("the environment:");
  }

  @Test
  void whatHasNoSingleValueIsRefused() {
    assertThatThrownBy(() -> read("{host: [a, b], data: null, port: {a: 1}}"))
        .hasMessageContaining("host: must be a text")
        .hasMessageContaining("data: must be a text")
        .hasMessageContaining("\"port.a\" is no setting; did you mean \"port\"?");
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
