package io.platen.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

/** The page of all settings is made from {@link Settings}. */
final class ConfigurationPageTest {
  private static final Path PAGE = Path.of("../docs/configuration.md");
  private static final Path MADE = Path.of("target/configuration.md");

  @Test
  void thePageOfTheSettingsIsTheOneThatIsMadeFromThem() throws Exception {
    String page = page();
    Files.createDirectories(MADE.getParent());
    Files.writeString(MADE, page);
    assertThat(PAGE)
        .as("copy server/%s to docs, and look at what changed", MADE)
        .content()
        .isEqualTo(page);
  }

  @Test
  void eachSettingHasAVariableOfItsOwn() {
    assertThat(SettingKey.ALL).extracting(SettingKey::variable).doesNotHaveDuplicates();
    assertThat(SettingKey.ALL)
        .extracting(SettingKey::variable)
        .contains("PLATEN_HOST", "PLATEN_LIBVIRT_URI", "PLATEN_HTTP_IDLE_SECONDS");
  }

  private static String page() {
    var page = new StringBuilder();
    page.append(
        """
        # Configuration

        A YAML file that `--config` names, and environment variables, which come before the file; options of the command line
        (`--host`, `--port`, `--data`, `--hypervisor`) come before both. A dot in a key is a level of the file: `upkeep.cacheGb` is
        `upkeep: {cacheGb: 100}`. All settings are optional, but of `rateLimit` both or none, of `tls` certificate and key, and of
        `notify` URL and secret. What is wrong is reported all at once, unknown keys and variables that begin with `PLATEN_` among
        it; a variable that is empty counts as not set.

        This page is made from the settings in the source (`io.platen.config.Settings`), and a test compares the two.

        | key | variable | default | must be | what |
        |---|---|---|---|---|
        """);
    for (var key : SettingKey.ALL) {
      page.append(
          "| `%s` | `%s` | %s | %s | %s |%n"
              .formatted(
                  key.name(),
                  key.variable(),
                  key.defaultValue().map("`%s`"::formatted).orElse(""),
                  key.accepted(),
                  key.meaning()));
    }
    return page.toString();
  }
}
