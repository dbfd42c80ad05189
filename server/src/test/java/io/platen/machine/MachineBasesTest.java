package io.platen.machine;

import static org.assertj.core.api.Assertions.assertThat;

import io.platen.config.ServerConfig;
import io.platen.database.Database;
import io.platen.disk.QcowOverlay;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class MachineBasesTest {
  private static final Instant NOW = Instant.parse("2026-11-29T02:30:00Z");
  private static final BaseTemplate TEMPLATE = new BaseTemplate("tone", "a".repeat(64));
  private static final BaseTemplate SNAPSHOT = new BaseTemplate("ttwo", "b".repeat(64));

  @TempDir
  @SuppressWarnings("NullAway.Init")
  private Path root;

  @SuppressWarnings("NullAway.Init")
  private ServerConfig config;

  @SuppressWarnings("NullAway.Init")
  private Database database;

  @BeforeEach
  void open() throws IOException {
    config = ServerConfig.defaults(root.resolve("data"));
    config.data().create();
    database = Database.open(config.databaseUrl());
    execute("INSERT INTO team (id, name, dt_created) VALUES ('team1', 'one', 1)");
  }

  @AfterEach
  void close() {
    database.close();
  }

  private void execute(String sql) {
    database.change(handle -> handle.execute(sql));
  }

  /** A machine whose row names one base, and another one beside it. */
  private void machine(String id, BaseTemplate base, String other) {
    execute(
        """
        INSERT INTO machine (id, team_id, name, name_folded, state, machine_type, agent_type, os_label,
          region, architecture, firmware, disk_bytes, base_template_id, base_digest,
          other_template_id, other_digest, dt_created, dt_modified)
        VALUES ('%s', 'team1', 'M', 'm', 'off', 'C1', 'a', 'o', 'ny2', 'x86_64', 'bios', 1048576,
          '%s', '%s', %s, %s, 1, 1)
        """
            .formatted(id, base.templateId(), base.indexDigest(), other, other));
  }

  private void disk(Path disk, BaseTemplate base) throws IOException {
    disk(disk, base, 1 << 20);
  }

  private void disk(Path disk, BaseTemplate base, long bytes) throws IOException {
    Path directory = Objects.requireNonNull(disk.getParent());
    Files.createDirectories(directory);
    Path image = config.data().baseImage(base.indexDigest());
    Files.createDirectories(config.data().cache());
    if (Files.notExists(image)) {
      Files.write(image, new byte[1 << 20]);
    }
    QcowOverlay.create(disk, image, directory.relativize(image).toString(), bytes);
  }

  /** What {@code machine.json} says that the disk stands on. */
  private void file(String id, BaseTemplate base) throws IOException {
    MachineFileSample.write(config.data(), id, base);
  }

  private List<String> follow() {
    return database.transaction(handle -> MachineBases.follow(handle, config.data(), "", NOW));
  }

  private List<@Nullable String> row(String id) {
    return database.read(
        handle ->
            handle
                .createQuery(
                    "SELECT base_template_id, base_digest, other_template_id FROM machine WHERE id = :id")
                .bind("id", id)
                .map(
                    (row, context) ->
                        Arrays.asList(row.getString(1), row.getString(2), row.getString(3)))
                .one());
  }

  private static List<@Nullable String> names(BaseTemplate base, @Nullable String other) {
    return Arrays.asList(base.templateId(), base.indexDigest(), other);
  }

  @Test
  void aRowThatIsOlderThanARestoreFollowsTheDisk() throws Exception {
    machine("m1", TEMPLATE, "NULL");
    disk(config.data().machineDisk("m1"), SNAPSHOT);
    file("m1", SNAPSHOT);
    assertThat(MachineBases.isBehind(config.data(), "m1", TEMPLATE)).isTrue();
    assertThat(follow()).containsExactly("m1");
    assertThat(row("m1")).isEqualTo(names(SNAPSHOT, null));
    assertThat(MachineBases.isBehind(config.data(), "m1", SNAPSHOT)).isFalse();
    assertThat(follow()).isEmpty();
  }

  @Test
  void aRowThatIsOlderThanAGrowthFollowsTheDisk() throws Exception {
    machine("m1", TEMPLATE, "NULL");
    disk(config.data().machineDisk("m1"), TEMPLATE, 3 << 20);
    execute(
        "INSERT INTO event (id, team_id, machine_id, name, state, dt_created) VALUES ('e1', 'team1', 'm1', 'vm-upgrade', 'new', 1)");
    assertThat(follow()).isEmpty();
    execute("UPDATE event SET dt_finished = 2");
    assertThat(follow()).containsExactly("m1");
    assertThat(size("m1")).isEqualTo(3 << 20);
    assertThat(follow()).isEmpty();
  }

  private long size(String id) {
    return database.read(
        handle ->
            handle
                .createQuery("SELECT disk_bytes FROM machine WHERE id = :id")
                .bind("id", id)
                .mapTo(Long.class)
                .one());
  }

  @Test
  void whatNoDiskStandsOnIsNotHeldAnyMore() throws Exception {
    machine("m1", TEMPLATE, "'tkept'");
    disk(config.data().machineDisk("m1"), TEMPLATE);
    machine("m2", TEMPLATE, "'tkept'");
    disk(config.data().machineDisk("m2"), TEMPLATE);
    disk(config.data().machineFormerDisk("m2"), SNAPSHOT);
    assertThat(follow()).containsExactly("m1");
    assertThat(row("m1")).isEqualTo(names(TEMPLATE, null));
    assertThat(row("m2")).isEqualTo(names(TEMPLATE, "tkept"));
  }

  @Test
  void whatIsNotKnownStays() throws Exception {
    machine("m1", TEMPLATE, "NULL");
    disk(config.data().machineDisk("m1"), SNAPSHOT);
    machine("m2", TEMPLATE, "NULL");
    disk(config.data().machineDisk("m2"), SNAPSHOT);
    file("m2", new BaseTemplate("tthree", "c".repeat(64)));
    machine("m3", TEMPLATE, "NULL");
    machine("m4", TEMPLATE, "NULL");
    Files.createDirectories(config.data().machine("m4"));
    Files.writeString(config.data().machineDisk("m4"), "no disk");
    file("m4", SNAPSHOT);
    assertThat(follow()).isEmpty();
    for (var id : List.of("m1", "m2", "m3", "m4")) {
      assertThat(row(id)).as(id).isEqualTo(names(TEMPLATE, null));
    }
    assertThat(MachineBases.isBehind(config.data(), "m4", TEMPLATE)).isFalse();
  }

  @Test
  void aMachineThatIsBeingRestoredIsLeftToThat() throws Exception {
    machine("m1", TEMPLATE, "'ttwo'");
    disk(config.data().machineDisk("m1"), SNAPSHOT);
    file("m1", SNAPSHOT);
    execute(
        "INSERT INTO event (id, team_id, machine_id, template_id, name, state, dt_created) VALUES ('e1', 'team1', 'm1', 'ttwo', 'snapshot-restore', 'new', 1)");
    assertThat(follow()).isEmpty();
    execute("UPDATE event SET dt_finished = 2");
    assertThat(follow()).containsExactly("m1");
  }
}
