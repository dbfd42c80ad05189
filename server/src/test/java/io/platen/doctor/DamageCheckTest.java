package io.platen.doctor;

import static org.assertj.core.api.Assertions.assertThat;

import io.platen.config.ConfigFile;
import io.platen.config.ServerConfig;
import io.platen.database.Database;
import io.platen.model.Ids;
import io.platen.model.OperatingSystem;
import io.platen.paging.Cursors;
import io.platen.site.Site;
import io.platen.team.TeamRepository;
import io.platen.team.TeamService;
import io.platen.template.Template;
import io.platen.template.TemplateRepository;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What doctor says of damaged templates. */
@SuppressWarnings("NullAway.Init")
final class DamageCheckTest {
  private static final Instant NOW = Instant.parse("2026-01-01T00:00:00Z");

  @TempDir private Path root;

  private final TemplateRepository templates = new TemplateRepository(new Cursors(new byte[32]));
  private ServerConfig config;
  private Database database;
  private String template;

  @BeforeEach
  void capture() throws Exception {
    Path file =
        Files.writeString(
            root.resolve("platen.yaml"),
            """
            region: ny2
            stores:
              main: {s3: {bucket: one, endpoint: 'http://127.0.0.1:9'}}
              local: {s3: {bucket: two, endpoint: 'http://127.0.0.1:9'}}
            regions: {ny2: main, ca1: main, ams1: local}
            """);
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-------"));
    config = ConfigFile.read(file, null, null, root.resolve("data"));
    config.data().create();
    database = Database.open(Database.sqliteUrl(config.data().database()));
    String team = new TeamService(database, new TeamRepository(), () -> NOW).team("a").id();
    template = Ids.template();
    database.change(
        handle -> {
          templates.insert(
              handle,
              Template.capturing(
                  template,
                  team,
                  null,
                  "t",
                  "ny2",
                  new OperatingSystem("LinuxHeadless", "", "x86_64", "bios"),
                  1 << 20,
                  NOW));
          templates.complete(handle, template, 1 << 20, "00");
          handle.execute("UPDATE template SET store = 'main'");
        });
  }

  @AfterEach
  void close() {
    database.close();
  }

  private Optional<Diagnosis> check() throws Exception {
    return DamageCheck.run(config, Site.of(config, database), database);
  }

  @Test
  void aDamagedTemplateIsNamedWithWhereWhatItLacksCanBeHad() throws Exception {
    assertThat(check()).isEmpty();
    database.change(handle -> templates.damage(handle, template, "lost", null, false));
    assertThat(check().orElseThrow().detail()).endsWith("1 templates are damaged: " + template);
    assertThat(check().orElseThrow().remedy()).contains("capture a machine");
    database.change(
        handle ->
            handle.execute(
                "INSERT INTO template_copy (template_id, store, dt_copied) VALUES (?, 'local', 1)",
                template));
    assertThat(check().orElseThrow().detail()).endsWith("1 of them are in local, too");
    assertThat(check().orElseThrow().remedy()).contains("platen verify --repair");
    database.change(handle -> templates.heal(handle, template));
    assertThat(check()).isEmpty();
  }
}
