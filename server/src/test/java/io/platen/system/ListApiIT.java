package io.platen.system;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.platen.support.Client;
import io.platen.support.SharedServer;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** What all lists have in common: pages, cursors, orders, and the filter by name. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class ListApiIT {
  private static final Path NO_DISK = Path.of("/nonexistent");
  private static final Instant START = Instant.parse("2026-01-01T00:00:00Z");

  private final SharedServer shared;
  private final String team;
  private final Client client;

  /** Names by id, in the order of creation. */
  private final Map<String, String> machines = new LinkedHashMap<>();

  ListApiIT() throws Exception {
    shared = SharedServer.get();
    team = shared.team();
    client = shared.client(team);
    for (int i = 0; i < 125; i++) {
      // Two at a time are created in the same millisecond; every fifth name comes twice.
      add("m%03d".formatted((i * 37 % 125) / 5 * 5 + i % 4), START.plusMillis(i / 2));
    }
  }

  private void add(String name, Instant created) {
    machines.put(
        shared.seed().machine(team, name, NO_DISK, 1, "ny2", "C5", "LinuxHeadless", created), name);
  }

  private List<String> walk(Client reader, String query, int limit) {
    List<String> ids = new ArrayList<>();
    String cursor = "";
    while (true) {
      var page = reader.get(query + "&limit=" + limit + cursor).ok();
      assertPage(page);
      page.path("items").forEach(item -> ids.add(item.path("id").asText()));
      if (page.path("nextPage").isNull()) {
        assertThat(page.path("items").size()).isLessThanOrEqualTo(limit);
        return ids;
      }
      assertThat(page.path("items")).hasSize(limit);
      cursor = "&after=" + page.path("nextPage").asText();
    }
  }

  private static void assertPage(JsonNode page) {
    assertThat(page.properties().stream().map(Map.Entry::getKey))
        .containsExactlyInAnyOrder("hasMore", "items", "nextPage");
    assertThat(page.path("hasMore").booleanValue()).isEqualTo(!page.path("nextPage").isNull());
    assertThat(page.path("hasMore").isBoolean()).isTrue();
  }

  @Test
  void pagesHaveTwentyItemsUnlessTheyAreAskedForMoreOrLess() {
    assertThat(client.get("/machines").ok().path("items")).hasSize(20);
    assertThat(client.get("/machines?limit=1").ok().path("items")).hasSize(1);
    assertThat(client.get("/machines?limit=120").ok().path("items")).hasSize(120);
    for (var bad : List.of("0", "121", "-1", "x", "", "1.5", "99999999999")) {
      client.get("/machines?limit=" + bad).invalid("limit");
      client.get("/custom-templates?limit=" + bad).invalid("limit");
      client.get("/machine-events?limit=" + bad).invalid("limit");
      client.get("/os-templates?limit=" + bad).invalid("limit");
    }
  }

  @Test
  void theNewestComesFirstUnlessAskedOtherwise() {
    var newest = walk(client, "/machines?x=y", 120);
    assertThat(newest).containsExactlyInAnyOrderElementsOf(machines.keySet());
    assertThat(walk(client, "/machines?orderBy=dtCreated&order=desc", 7)).isEqualTo(newest);
    assertThat(walk(client, "/machines?order=asc", 11)).isEqualTo(newest.reversed());
    var dates = new ArrayList<String>();
    client
        .get("/machines?limit=120")
        .ok()
        .path("items")
        .forEach(item -> dates.add(item.path("dtCreated").asText()));
    assertThat(dates).isSortedAccordingTo(Comparator.reverseOrder());
  }

  @Test
  void namesAreInOrderOfTheirCodePointsAndThenOfTheId() {
    var expected =
        machines.entrySet().stream()
            .sorted(Map.Entry.<String, String>comparingByValue().thenComparing(Map.Entry::getKey))
            .map(Map.Entry::getKey)
            .toList();
    for (int limit : List.of(2, 20, 25, 120)) {
      assertThat(walk(client, "/machines?orderBy=name&order=asc", limit)).isEqualTo(expected);
    }
    assertThat(walk(client, "/machines?orderBy=name&order=desc", 9)).isEqualTo(expected.reversed());
    assertThat(walk(client, "/machines?orderBy=state&order=asc", 50)).hasSize(125);
  }

  @Test
  void supplementaryCharactersSortBehindAllOthers() {
    var other = shared.team();
    var reader = shared.client(other);
    // In UTF-16 the surrogates of U+1F427 come before U+FF5E.
    for (var name : List.of("\uff5e", "\uD83D\uDC27", "Z", "a", "\u00e4", "A")) {
      shared.seed().machine(other, name, NO_DISK, 1);
    }
    assertThat(
            reader
                .get("/machines?orderBy=name&order=asc")
                .ok()
                .path("items")
                .findValuesAsText("name"))
        .containsExactly("A", "Z", "a", "\u00e4", "\uff5e", "\uD83D\uDC27");
  }

  @Test
  void onlyTheDocumentedOrdersAreKnown() {
    client.get("/machines?orderBy=id").invalid("orderBy");
    client.get("/machines?orderBy=dt_created").invalid("orderBy");
    client.get("/custom-templates?orderBy=state").invalid("orderBy");
    client.get("/machine-events?orderBy=name").invalid("orderBy");
    client.get("/os-templates?orderBy=dtCreated").invalid("orderBy");
    client.get("/machines?order=DESC").invalid("order");
    client.get("/machines?order=").invalid("order");
    var all =
        client.get("/machines?order=up&limit=0&orderBy=size&after=x").error(400, "BAD_REQUEST");
    assertThat(all.path("details").path("issues").findValuesAsText("path"))
        .contains("order", "limit", "orderBy", "after");
  }

  private String cursor(Client reader, String query) {
    return reader.get(query + "&limit=1").ok().path("nextPage").asText();
  }

  @Test
  void aCursorIsGoodForItsListOrderAndTeamAlone() {
    String cursor = cursor(client, "/machines?orderBy=name&order=asc");
    client.get("/machines?orderBy=name&order=asc&after=" + cursor).ok();
    // Another limit is fine.
    client.get("/machines?orderBy=name&order=asc&limit=3&after=" + cursor).ok();
    client.get("/machines?orderBy=name&order=desc&after=" + cursor).invalid("after");
    client.get("/machines?orderBy=name&after=" + cursor).invalid("after");
    client.get("/machines?after=" + cursor).invalid("after");
    client.get("/machines?orderBy=state&order=asc&after=" + cursor).invalid("after");
    client.get("/custom-templates?orderBy=name&order=asc&after=" + cursor).invalid("after");
    client.get("/machine-events?after=" + cursor(client, "/machines?x")).invalid("after");
    shared
        .client(shared.team())
        .get("/machines?orderBy=name&order=asc&after=" + cursor)
        .invalid("after");
    String last = cursor.substring(cursor.length() - 4);
    String forged =
        cursor.substring(0, cursor.length() - 4) + (last.equals("AAAA") ? "BBBB" : "AAAA");
    for (var bad :
        List.of(forged, cursor + "AAAA", "x", "%00", "%F0%9F%90%A7", "!!!!", "a".repeat(5000))) {
      client.get("/machines?orderBy=name&order=asc&after=" + bad).invalid("after");
    }
    assertThat(client.get("/machines?after=").ok().path("items")).hasSize(20);
  }

  @Test
  void theNameFilterMatchesPartsWhateverTheirCaseAndKnowsNoWildcards() {
    var other = shared.team();
    var reader = shared.client(other);
    var names =
        List.of(
            "100% cotton",
            "100 cotton",
            "snake_case",
            "snakeXcase",
            "back\\slash",
            "Ärger STRASSE",
            "ärger straße",
            "\u0391\u03A3",
            "\u03b1\u03c2",
            "quote'\"",
            "\uD83D\uDC27 penguin");
    for (var name : names) {
      shared.seed().machine(other, name, NO_DISK, 1);
    }
    Map<String, List<String>> expected = new LinkedHashMap<>();
    expected.put("%", List.of("100% cotton"));
    expected.put("_", List.of("snake_case"));
    expected.put("E_C", List.of("snake_case"));
    expected.put("\\", List.of("back\\slash"));
    expected.put("\\%", List.of());
    expected.put("COTTON", List.of("100% cotton", "100 cotton"));
    expected.put("äRGER", List.of("Ärger STRASSE", "ärger straße"));
    // One code point for one: the sharp s is not two.
    expected.put("straße", List.of("ärger straße"));
    // Both forms of the small sigma are the capital one's.
    expected.put("\u03b1\u03c3", List.of("\u0391\u03A3", "\u03b1\u03c2"));
    expected.put("'", List.of("quote'\""));
    expected.put("\uD83D\uDC27", List.of("\uD83D\uDC27 penguin"));
    expected.put("x' OR '1'='1", List.of());
    expected.put("nothing like it", List.of());
    expected.put("", names);
    expected.forEach(
        (text, found) ->
            assertThat(
                    reader
                        .get("/machines?name=" + Client.encode(text))
                        .ok()
                        .path("items")
                        .findValuesAsText("name"))
                .as(text)
                .containsExactlyInAnyOrderElementsOf(found));
  }

  @Test
  void templatesAndEventsAreListedPageByPageToo() throws Exception {
    var other = shared.team();
    var reader = shared.client(other);
    var disk = shared.disk(1 << 20);
    var first = shared.seed().machine(other, "first", disk, 1 << 20);
    var second = shared.seed().machine(other, "second", disk, 1 << 20);
    List<String> templates = new ArrayList<>();
    List<String> events = new ArrayList<>();
    for (int i = 0; i < 9; i++) {
      var created = reader.capture(i % 3 == 0 ? second : first, "t" + i % 4);
      templates.add(created.path("data").path("id").asText());
      events.add(created.path("event").path("id").asText());
    }
    events.forEach(reader::awaitEnd);
    for (var query : List.of("", "orderBy=name&order=asc", "order=asc")) {
      assertThat(walk(reader, "/custom-templates?" + query, 2))
          .containsExactlyInAnyOrderElementsOf(templates);
    }
    assertThat(walk(reader, "/custom-templates?machineId=" + second, 2)).hasSize(3);
    assertThat(walk(reader, "/custom-templates?orderBy=name&name=T1", 1)).hasSize(2);
    assertThat(walk(reader, "/custom-templates?name=T0&machineId=" + first, 1)).hasSize(2);
    assertThat(walk(reader, "/machine-events?order=desc", 4))
        .containsExactlyInAnyOrderElementsOf(events);
    assertThat(walk(reader, "/machine-events?machineId=" + second, 2)).hasSize(3);
    assertThat(reader.get("/machine-events?machineId=psunknown").ok().path("items")).isEmpty();
  }

  @Test
  void renamesBetweenPagesNeitherHideNorRepeat() {
    var other = shared.team();
    var reader = shared.client(other);
    List<String> ids = new ArrayList<>();
    for (int i = 0; i < 9; i++) {
      ids.add(shared.seed().machine(other, "n" + i, NO_DISK, 1));
    }
    List<String> met = new ArrayList<>();
    @Nullable String cursor = null;
    do {
      var page =
          reader
              .get(
                  "/machines?orderBy=name&order=asc&limit=2"
                      + (cursor == null ? "" : "&after=" + cursor))
              .ok();
      page.path("items").forEach(item -> met.add(item.path("id").asText()));
      cursor = page.path("nextPage").isNull() ? null : page.path("nextPage").asText();
      reader.put("/machines/" + ids.get(0), Map.of("name", "z" + met.size())).ok();
      reader.put("/machines/" + ids.get(8), Map.of("name", "a" + met.size())).ok();
    } while (cursor != null);
    assertThat(met).containsExactlyElementsOf(ids);
  }
}
