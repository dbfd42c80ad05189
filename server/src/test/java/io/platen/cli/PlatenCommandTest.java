package io.platen.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Which command a line calls, and what it exits with. */
final class PlatenCommandTest {
  @TempDir
  @SuppressWarnings("NullAway.Init")
  private Path directory;

  private final ByteArrayOutputStream out = new ByteArrayOutputStream();
  private final ByteArrayOutputStream err = new ByteArrayOutputStream();
  private final PrintStream outBefore = System.out;
  private final PrintStream errBefore = System.err;

  @BeforeEach
  void take() {
    System.setOut(new PrintStream(out, true, StandardCharsets.UTF_8));
    System.setErr(new PrintStream(err, true, StandardCharsets.UTF_8));
  }

  @AfterEach
  void giveBack() {
    System.setOut(outBefore);
    System.setErr(errBefore);
  }

  private static int run(String... args) {
    return PlatenCommand.run(
        args,
        (_, _) -> {
          throw new AssertionError("no server is asked for");
        });
  }

  private String out() {
    return out.toString(StandardCharsets.UTF_8);
  }

  private String err() {
    return err.toString(StandardCharsets.UTF_8);
  }

  @Test
  void theHelpKnowsTheCommandsOfBothKinds() {
    assertThat(run("--help")).isZero();
    assertThat(out()).contains("serve", "import", "template", "snapshot", "event", "login");
    assertThat(run("machine", "--help")).isZero();
    assertThat(out()).contains("adopt", "recover", "create", "capture");
  }

  @Test
  void helpIsAWordToo() {
    assertThat(run("help")).as(this::err).isZero();
    assertThat(out()).contains("serve", "import", "template", "snapshot", "event", "login");
    assertThat(run("help", "machine", "create")).as(this::err).isZero();
    assertThat(out()).contains("Launches a machine from a template.");
  }

  @Test
  void aListComesFromTheDataDirectoryWhereOneIsNamed() {
    String data = directory.resolve("data").toString();
    assertThat(run("machine", "list", "--data", data)).as(this::err).isZero();
    assertThat(out()).startsWith("ID").contains("DISK");
    assertThat(run("template", "list", "--data=" + data)).as(this::err).isZero();
    assertThat(out()).contains("GIB");
  }

  @Test
  void aLineThatMakesNoSenseIsAnsweredWithTheUsage() {
    assertThat(run()).isEqualTo(2);
    assertThat(run("machine")).isEqualTo(2);
    assertThat(err()).contains("Name what to do: create, list");
    assertThat(run("machine", "start")).isEqualTo(2);
    assertThat(run("gc", "--nosuch")).isEqualTo(2);
    assertThat(err()).contains("--nosuch");
  }

  @Test
  void aConfigurationThatIsWrongIsAWrongCall() throws Exception {
    var file = Files.writeString(directory.resolve("platen.yaml"), "prot: 8080\n");
    assertThat(run("key", "list", "--config", file.toString())).isEqualTo(2);
    assertThat(err()).contains("prot");
  }

  @Test
  void whatFailsSaysWhyAndNothingElse() {
    String data = directory.resolve("data").toString();
    assertThat(run("key", "revoke", "nosuch", "--data", data)).isEqualTo(3);
    // Agents of other tests in this JVM may write there too.
    assertThat(err()).contains("platen: there is no key with the id nosuch");
    assertThat(out()).isEmpty();
  }

  @Test
  void theDoctorAnswersMonitoringInJson() throws Exception {
    int status = run("doctor", "--json", "--data", directory.resolve("data").toString());
    var report = new ObjectMapper().readTree(out());
    assertThat(report.path("isHealthy").asBoolean()).isEqualTo(status == 0);
    assertThat(report.path("findings"))
        .isNotEmpty()
        .allSatisfy(
            finding -> {
              assertThat(finding.path("kind").asText()).isIn("ok", "optional", "missing");
              assertThat(finding.path("what").asText()).isNotBlank();
            });
  }
}
