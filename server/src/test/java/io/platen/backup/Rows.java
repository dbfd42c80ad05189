package io.platen.backup;

import io.platen.database.Database;
import java.util.List;

/** Databases with rows in every table that is dumped. */
final class Rows {
  static final long DAY = 86_400_000L;

  private Rows() {}

  /**
   * Writes some of everything: texts in every script, empty ones and none, the largest numbers, and
   * what is deleted.
   *
   * @param now in milliseconds
   */
  static void insert(Database database, long now) {
    for (var sql : statements(now)) {
      database.change(handle -> handle.execute(sql));
    }
  }

  private static List<String> statements(long now) {
    return List.of(
        "INSERT INTO setting (name, value) VALUES ('installation', 'i1'), ('store', 'ours')",
        "INSERT INTO team (id, name, list_version, dt_created) VALUES ('team1', 'Zażółć 漢字 🦊 \"quoted\" \\ ''', 7, %1$d), ('team2', 'two', 0, %1$d)"
            .formatted(now - 40 * DAY),
        "INSERT INTO api_key (id, team_id, name, hash, read_only, dt_created, dt_revoked) VALUES ('k1', 'team1', '', '%s', 1, %d, NULL)"
            .formatted("a".repeat(64), now),
        template("t1", "'team1'", "'available'", "'" + "d".repeat(64) + "'", "NULL", now),
        template("t2", "'team1'", "'available'", "NULL", Long.toString(now), now),
        template("t3", "NULL", "'available'", "'" + "e".repeat(64) + "'", "NULL", now),
        "INSERT INTO startup_script (id, team_id, name, name_folded, description, script, is_enabled, is_run_once, dt_created) VALUES ('s1', 'team1', 'S', 's', NULL, '#!/bin/sh%n\techo \u0001', 1, 0, 5)"
            .formatted(),
        "INSERT INTO private_network (id, team_id, name, name_folded, region, number, dt_created) VALUES ('n1', 'team1', 'N', 'n', 'ny2', 3, 5)",
        "INSERT INTO public_ip (id, team_id, region, launch_id, dt_created) VALUES ('192.0.2.1', 'team2', 'ny2', NULL, 5)",
        "INSERT INTO store_chunk (store, id, state, lease, epoch, is_bad, bytes) VALUES ('main', '%s', NULL, 0, 2, 0, 7)"
            .formatted("f".repeat(64)),
        "INSERT INTO template_copy (template_id, store, index_session, dt_copied, is_lost) VALUES ('t1', 'other', 3, 5, 1)",
        machine("m1", "off", now),
        event("e1", "done", now - DAY, Long.toString(now)),
        event("old", "done", now - 31 * DAY, Long.toString(now - 31 * DAY)));
  }

  static String template(
      String id, String team, String state, String digest, String deleted, long now) {
    return "INSERT INTO template (id, team_id, parent_machine_id, name, name_folded, state, agent_type, os_label, region, architecture, firmware, disk_bytes, index_digest, dt_created, dt_deleted) VALUES ('%s', %s, 'm1', 'Name', 'name', %s, 'a', 'o', 'ny2', 'x86_64', 'bios', %d, %s, %d, %s)"
        .formatted(id, team, state, Long.MAX_VALUE, digest, now, deleted);
  }

  static String machine(String id, String state, long now) {
    return "INSERT INTO machine (id, team_id, name, name_folded, state, machine_type, agent_type, os_label, region, architecture, firmware, disk_bytes, base_template_id, base_digest, dt_created, dt_modified) VALUES ('%s', 'team1', 'M', 'm', '%s', 'C1', 'a', 'o', 'ny2', 'x86_64', 'bios', 50, 't1', '%s', %d, %d)"
        .formatted(id, state, "d".repeat(64), now, now);
  }

  static String event(String id, String state, long created, String finished) {
    return event(id, "create", "m1", "t1", state, created, finished);
  }

  static String event(
      String id,
      String name,
      String machine,
      String template,
      String state,
      long created,
      String finished) {
    return "INSERT INTO event (id, team_id, machine_id, template_id, name, state, dt_created, dt_finished) VALUES ('%s', 'team1', '%s', '%s', '%s', '%s', %d, %s)"
        .formatted(id, machine, template, name, state, created, finished);
  }
}
