package io.platen.identity;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.Base64;
import org.junit.jupiter.api.Test;

class SeedTest {
  @Test
  void withoutAScriptThereIsNothingToRun() {
    assertThat(Seed.userData(null)).isEqualTo("#cloud-config\n");
  }

  @Test
  void theTypeOfThePartSaysHowOftenItIsRun() {
    assertThat(Seed.userData(new StartupScript("x", true))).contains("x-shellscript-per-boot");
    assertThat(Seed.userData(new StartupScript("x", false))).contains("x-shellscript-per-instance");
  }

  @Test
  void anyTextArrivesAsItIs() {
    String script = "#!/bin/sh\n--platen-part--\necho 'é'\n".repeat(100);
    String data = Seed.userData(new StartupScript(script, true));
    String part = data.substring(data.lastIndexOf("\n\n") + 2, data.lastIndexOf("--platen-part--"));
    assertThat(new String(Base64.getMimeDecoder().decode(part), StandardCharsets.UTF_8))
        .isEqualTo(script);
  }
}
