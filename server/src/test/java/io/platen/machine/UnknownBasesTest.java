package io.platen.machine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.platen.config.ServerConfig;
import io.platen.database.Database;
import io.platen.model.Ids;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@SuppressWarnings("NullAway.Init")
final class UnknownBasesTest {
  private static final String KNOWN = Ids.machine();
  private static final String UNKNOWN = Ids.machine();
  private static final String TEMPLATE = Ids.template();

  @TempDir private Path root;
  private ServerConfig config;
  private Database database;
  private UnknownBases bases;

  @BeforeEach
  void open() throws IOException {
    config = ServerConfig.defaults(root.resolve("data"));
    config.data().create();
    database = Database.open(config.databaseUrl());
    database.change(
        handle -> {
          handle.execute("INSERT INTO team (id, name, dt_created) VALUES ('team1', 'one', 1)");
          handle.execute(
              """
              INSERT INTO machine (id, team_id, name, name_folded, state, machine_type, agent_type, os_label,
                region, architecture, firmware, disk_bytes, dt_created, dt_modified)
              VALUES (?, 'team1', 'M', 'm', 'off', 'C1', 'a', 'o', 'ny2', 'x86_64', 'bios', 1, 1, 1)
              """,
              KNOWN);
        });
    bases = new UnknownBases(database, new RemovalRepository(), config.data());
  }

  @AfterEach
  void close() {
    database.close();
  }

  private void described(String id, String template) throws IOException {
    Files.createDirectories(config.data().machine(id));
    MachineFileSample.write(config.data(), id, new BaseTemplate(template, "a".repeat(64)));
  }

  @Test
  void whatUnknownMachinesSayOfThemselvesCountsAndWhatKnownOnesSayDoesNot() throws IOException {
    assertThat(bases.templates()).isEmpty();
    described(KNOWN, Ids.template());
    described(UNKNOWN, TEMPLATE);
    // A directory that says nothing.
    Files.createDirectories(config.data().machine(Ids.machine()));
    assertThat(bases.templates()).containsExactly(Map.entry(TEMPLATE, UNKNOWN));
  }

  @Test
  void aDescriptionThatCantBeReadIsNotTakenForNone() throws IOException {
    described(UNKNOWN, TEMPLATE);
    Files.writeString(config.data().machineFile(UNKNOWN), "{");
    assertThatThrownBy(bases::templates)
        .isInstanceOf(IOException.class)
        .hasMessageContaining(UNKNOWN)
        .hasMessageContaining("Move " + config.data().machine(UNKNOWN));
  }
}
