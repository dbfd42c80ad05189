package io.platen.notice;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class SigningSecretTest {
  private static final String SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

  @Test
  void signsAsTheLibrariesOfTheSpecificationDo() throws Exception {
    // The example of the specification's own libraries.
    var signature =
        SigningSecret.of(SECRET, "here")
            .sign(
                "msg_p5jXN8AQM9LWM0D4loKWxJek",
                Instant.ofEpochSecond(1_614_265_330),
                "{\"test\": 2432232314}");
    assertThat(signature).isEqualTo("v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
  }

  @Test
  void refusesWhatIsNoSecretWithoutRepeatingIt() {
    for (var text :
        new String[] {"", "hunter2", "whsec_c2hvcnQ=", "whsec_not base 64 at all!!!!!!!!!!!"}) {
      assertThatThrownBy(() -> SigningSecret.of(text, "the file"))
          .isInstanceOf(IOException.class)
          .hasNoCause()
          .hasMessage("the file must hold whsec_ and 24 to 64 bytes in Base64");
    }
  }

  @Test
  void refusesAFileThatAllUsersMayRead(@TempDir Path directory) throws Exception {
    var file = Files.writeString(directory.resolve("secret"), SECRET + "\n");
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-r--r--"));
    assertThatThrownBy(() -> SigningSecret.read(file)).hasMessageContaining("chmod o-r " + file);
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-r-----"));
    assertThat(SigningSecret.read(file).sign("a", Instant.EPOCH, "b")).startsWith("v1,");
    Files.delete(file);
    assertThatThrownBy(() -> SigningSecret.read(file)).hasMessageContaining("openssl rand");
  }
}
