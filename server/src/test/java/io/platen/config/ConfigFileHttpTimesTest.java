package io.platen.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ConfigFileHttpTimesTest {
  @TempDir
  @SuppressWarnings("NullAway.Init")
  Path directory;

  private HttpTimes read(String yaml) throws Exception {
    var file = Files.writeString(directory.resolve("platen.yaml"), yaml);
    return ConfigFile.read(file, null, null, null).http();
  }

  @Test
  void whatIsNotGivenHasItsDefault() throws Exception {
    assertThat(read("port: 80")).isEqualTo(HttpTimes.DEFAULT);
    assertThat(read("http: {idleSeconds: 5}"))
        .isEqualTo(
            new HttpTimes(
                HttpTimes.DEFAULT.receive(), Duration.ofSeconds(5), HttpTimes.DEFAULT.answer()));
  }

  @Test
  void allThatIsWrongIsToldAtOnce() {
    assertThatThrownBy(() -> read("http: {receiveSecond: 1, idleSeconds: 0, answerSeconds: 1.5}"))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining("did you mean \"http.receiveSeconds\"?")
        .hasMessageContaining("http.idleSeconds: \"0\" is not a whole number from 1 to 3600")
        .hasMessageContaining("http.answerSeconds: \"1.5\" is not");
    assertThatThrownBy(() -> read("http: 5")).hasMessageContaining("http: must have some of");
  }
}
