package io.platen.template;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.platen.chunkstore.DocumentCorrupt;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class ManifestJsonTest {
  private static final String DIGEST = "0123456789abcdef".repeat(4);
  private static final Instant CREATED = Instant.parse("2026-01-02T03:04:05.060Z");

  private static final Manifest CUSTOM =
      new Manifest(
          "t1",
          7,
          Manifest.State.AVAILABLE,
          Manifest.Kind.CUSTOM,
          "Größe \"1\" \n 😀",
          new Manifest.Team("te1", "Team"),
          new Manifest.Os("Debian 13", "LinuxHeadless", "x86_64", "bios"),
          "ny2",
          5L << 40,
          DIGEST,
          "ps1",
          "t0",
          false,
          false,
          false,
          CREATED,
          null,
          null);

  private static final String TEXT =
      """
      {"format":1,"template":"t1","number":7,"state":"available","kind":"custom",\
      "name":"Größe \\"1\\" \\n 😀","team":{"id":"te1","name":"Team"},\
      "os":{"label":"Debian 13","agentType":"LinuxHeadless","architecture":"x86_64","firmware":"bios"},\
      "region":"ny2","diskBytes":5497558138880,"indexSha256":"%s",\
      "parent":{"machine":"ps1","template":"t0"},"protected":false,"snapshot":null,\
      "created":"2026-01-02T03:04:05.060Z","deleted":null,"purged":null}
      """
          .formatted(DIGEST);

  private static final Manifest SNAPSHOT =
      new Manifest(
          "sn1",
          0,
          Manifest.State.PURGED,
          Manifest.Kind.SNAPSHOT,
          "s",
          new Manifest.Team("te1", "Team"),
          new Manifest.Os("", "LinuxHeadless", "x86_64", "bios"),
          "ny2",
          0,
          null,
          "ps1",
          null,
          true,
          true,
          true,
          CREATED,
          CREATED.plusMillis(1),
          CREATED.plusMillis(2));

  private static final Manifest OS =
      new Manifest(
          "t0nspur5",
          ManifestJson.MOST_CHANGES,
          Manifest.State.AVAILABLE,
          Manifest.Kind.OS,
          "Ubuntu",
          null,
          new Manifest.Os("", "LinuxHeadless", "x86_64", "bios"),
          "ny2",
          1,
          DIGEST,
          null,
          null,
          false,
          false,
          false,
          Instant.EPOCH,
          null,
          null);

  private static Manifest read(String id, String text) throws IOException {
    return ManifestJson.read(id, text.getBytes(StandardCharsets.UTF_8), "the place");
  }

  @Test
  void theBytesAreAlwaysTheSame() {
    assertThat(new String(ManifestJson.write(CUSTOM), StandardCharsets.UTF_8)).isEqualTo(TEXT);
  }

  @Test
  void whatIsWrittenIsReadAndMakesTheSameBytesAgain() throws Exception {
    for (var manifest : new Manifest[] {CUSTOM, SNAPSHOT, OS}) {
      byte[] bytes = ManifestJson.write(manifest);
      var read = ManifestJson.read(manifest.templateId(), bytes, "the place");
      assertThat(read).isEqualTo(manifest);
      assertThat(ManifestJson.write(read)).isEqualTo(bytes);
    }
  }

  @Test
  void keysThatAreNotKnownAreLeftOut() throws Exception {
    assertThat(read("t1", TEXT.replace("\"number\"", "\"later\":[{}],\"number\"")))
        .isEqualTo(CUSTOM);
  }

  @Test
  void aNewerFormatIsNotTakenForADamagedOne() {
    assertThatThrownBy(() -> read("t1", "{\"format\":2,\"image\":{}}"))
        .isInstanceOf(IOException.class)
        .isNotInstanceOf(DocumentCorrupt.class)
        .hasMessageContaining("the place")
        .hasMessageContaining("newer version");
  }

  @ParameterizedTest
  @CsvSource(
      quoteCharacter = '`',
      value = {
        "`\"t1\"`, `\"t2\"`",
        "`\"t1\"`, `\"../t1\"`",
        "`\"t1\"`, null",
        "`\"number\":7`, `\"number\":-1`",
        "`\"number\":7`, `\"number\":\"x\"`",
        "`\"number\":7,`, ``",
        "`\"available\"`, `\"gone\"`",
        "`\"custom\"`, `\"os\"`",
        "`\"custom\"`, `\"snapshot\"`",
        "`\"snapshot\":null`, `\"snapshot\":{\"auto\":true,\"fresh\":true}`",
        "`\"region\":\"ny2\"`, `\"region\":null`",
        "`5497558138880`, -1",
        "`0123456789abcdef`, `0123456789ABCDEF`",
        "`\"ps1\"`, `\"PS1\"`",
        "`\"te1\"`, `\"te1/..\"`",
        "`2026-01-02`, `2026-13-02`",
        "`\"format\":1`, `\"format\":0`",
      })
  void whatCouldNotHaveBeenWrittenIsRefused(String from, String to) {
    String changed = TEXT.replace(from, to);
    assertThat(changed).isNotEqualTo(TEXT);
    assertThatThrownBy(() -> read("t1", changed))
        .isInstanceOf(DocumentCorrupt.class)
        .hasMessageContaining("the place");
  }

  @Test
  void anAvailableTemplateHasAnIndex() {
    assertThatThrownBy(() -> read("t1", TEXT.replace('"' + DIGEST + '"', "null")))
        .isInstanceOf(DocumentCorrupt.class);
  }

  @Test
  void halfADocumentIsRefusedWhereverItIsCut() {
    byte[] whole = ManifestJson.write(CUSTOM);
    for (int length = 0; length < whole.length - 1; length++) {
      byte[] half = Arrays.copyOf(whole, length);
      assertThatThrownBy(() -> ManifestJson.read("t1", half, "the place"))
          .isInstanceOf(DocumentCorrupt.class);
    }
  }

  @Test
  void anyBytesAreReadOrRefused() {
    var random = new Random(1);
    byte[] whole = ManifestJson.write(CUSTOM);
    for (int i = 0; i < 5000; i++) {
      byte[] bytes = whole.clone();
      for (int change = 0; change <= random.nextInt(3); change++) {
        bytes[random.nextInt(bytes.length)] = (byte) random.nextInt(256);
      }
      try {
        assertThat(ManifestJson.read("t1", bytes, "the place").templateId()).isEqualTo("t1");
      } catch (IOException e) {
        assertThat(e).hasMessageContaining("the place");
      }
    }
  }
}
