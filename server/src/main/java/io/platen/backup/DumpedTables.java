package io.platen.backup;

import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;

/** Which tables of the schema a dump holds, and which are left out of it. */
final class DumpedTables {
  /** How far back events are kept in a dump; those that have not ended are in it anyway. */
  static final Duration EVENTS = Duration.ofDays(30);

  /**
   * A table that is dumped.
   *
   * @param order the columns that its rows are in the order of
   * @param condition which rows; {@code ?} is when events begin, in milliseconds
   * @param serial the column that counts up by itself; empty where there is none
   */
  record Table(String name, String order, String condition, String serial) {
    static Table all(String name, String order) {
      return new Table(name, order, "", "");
    }
  }

  /** A table that refers to another comes after it. */
  static final List<Table> ALL =
      List.of(
          // Cursors that were signed with the secret mean nothing to another database.
          new Table("setting", "name", "name <> 'cursor-secret'", ""),
          Table.all("team", "id"),
          Table.all("api_key", "id"),
          new Table("template", "number", "", "number"),
          Table.all("template_copy", "template_id, store"),
          Table.all("startup_script", "id"),
          Table.all("private_network", "id"),
          Table.all("public_ip", "id"),
          Table.all("machine", "id"),
          // What a collection was about is forgotten by the next one.
          new Table("store_chunk", "store, id", "epoch > 0 OR is_bad = 1", ""),
          new Table("event", "id", "dt_created >= ? OR dt_finished IS NULL", ""));

  /**
   * What a database takes along that is moved to another one: all rows of those tables, and of
   * those that only mean something as long as the installation goes on. Nothing may be under way,
   * so that queues are empty.
   */
  static final List<Table> MOVED =
      Stream.concat(
              ALL.stream().map(table -> new Table(table.name(), table.order(), "", table.serial())),
              Stream.of(
                  Table.all("idempotent_request", "team_id, request_key"),
                  Table.all("list_move", "team_id, list, version"),
                  Table.all("manifest_change", "store, template_id"),
                  Table.all("notice", "id"),
                  Table.all("alarm", "kind, node")))
          .toList();

  /**
   * What means nothing to a database that is made anew: work and messages that are queued, answers
   * and keys of lists that are kept for a while, and which process has the database.
   */
  static final Set<String> LEFT_OUT =
      Set.of(
          "capture_job",
          "machine_job",
          "power_job",
          "upkeep_job",
          "upkeep_request",
          "idempotent_request",
          "list_move",
          "node",
          "node_image",
          "relay_token",
          "store",
          "store_session",
          "manifest_change",
          "notice",
          "alarm");

  private DumpedTables() {}

  static Stream<String> names() {
    return ALL.stream().map(Table::name);
  }
}
