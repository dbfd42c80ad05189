package io.platen.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class LoginTest {
  private static final String URL = "http://host:8080/v1";

  @TempDir
  @SuppressWarnings("NullAway.Init")
  private Path home;

  private Map<String, String> environment(String... more) {
    var all = new HashMap<>(Map.of("HOME", home.toString()));
    for (int i = 0; i < more.length; i += 2) {
      all.put(more[i], more[i + 1]);
    }
    return all;
  }

  @Test
  void theFileIsItsOwnersOnlyAndReplacesTheOneBefore() throws Exception {
    var file = Login.file(environment());
    assertThat(file).isEqualTo(home.resolve(".config/platen/login.json"));
    new Login(URL, "one").save(file);
    new Login(URL, "two").save(file);
    assertThat(Files.getPosixFilePermissions(file))
        .isEqualTo(PosixFilePermissions.fromString("rw-------"));
    assertThat(Login.find(environment())).isEqualTo(new Login(URL, "two"));
    try (var files = Files.list(home.resolve(".config/platen"))) {
      assertThat(files).containsExactly(file);
    }
  }

  @Test
  void theConfigurationOfTheDesktopSaysWhereItIs() {
    assertThat(Login.file(environment("XDG_CONFIG_HOME", "/elsewhere")))
        .isEqualTo(Path.of("/elsewhere/platen/login.json"));
  }

  @Test
  void theEnvironmentComesBeforeTheFile() throws Exception {
    new Login(URL, "kept").save(Login.file(environment()));
    assertThat(Login.find(environment(Login.KEY_VARIABLE, "given")))
        .isEqualTo(new Login(URL, "given"));
    assertThat(
            Login.find(
                environment(Login.URL_VARIABLE, "http://other/v1/", Login.KEY_VARIABLE, "given")))
        .isEqualTo(new Login("http://other/v1", "given"));
    assertThat(Login.find(environment(Login.URL_VARIABLE, URL + "/")).key()).isEqualTo("kept");
  }

  @Test
  void aKeyThatIsKeptGoesToNoOtherServer() throws Exception {
    new Login(URL, "kept").save(Login.file(environment()));
    assertThatThrownBy(() -> Login.find(environment(Login.URL_VARIABLE, "http://other/v1")))
        .hasMessageContaining("no API key for http://other/v1")
        .hasMessageContaining("platen login http://other/v1");
  }

  @Test
  void aFileThatHoldsNoLoginIsNamed() throws Exception {
    var file = Login.file(environment());
    Files.createDirectories(home.resolve(".config/platen"));
    Files.writeString(file, "{}");
    assertThatThrownBy(() -> Login.find(environment())).hasMessageContaining(file.toString());
  }

  @Test
  void theKeyIsNotShown() {
    assertThat(new Login(URL, "secret").toString()).doesNotContain("secret");
  }
}
