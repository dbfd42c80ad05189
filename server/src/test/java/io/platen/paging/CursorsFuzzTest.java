package io.platen.paging;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import io.platen.model.Issues;
import io.platen.model.Refusal;
import io.platen.rest.ListParams;
import io.platen.rest.QueryParams;
import jakarta.ws.rs.core.MultivaluedHashMap;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** Whatever a query says: a page that can be fetched, or a bad request. */
class CursorsFuzzTest {
  private static final Cursors CURSORS = new Cursors("s".getBytes(StandardCharsets.UTF_8));
  private static final String LIST = "machines name asc";

  @FuzzTest(maxDuration = "5m")
  void aCursorThatIsTakenWasWrittenHere(byte[] bytes) {
    var cursor = new String(bytes, StandardCharsets.UTF_8);
    CURSORS
        .read(cursor, LIST, "team")
        .ifPresent(
            position ->
                assertThat(CURSORS.read(CURSORS.write(position, LIST, "team"), LIST, "team"))
                    .contains(position));
    assertThat(CURSORS.read(cursor, LIST, "other")).isEmpty();
  }

  /** Lines of a name, "=" and a value. */
  @FuzzTest(maxDuration = "5m")
  void aQueryIsAPageOrABadRequest(byte[] bytes) {
    var parameters = new MultivaluedHashMap<String, String>();
    new String(bytes, StandardCharsets.UTF_8)
        .lines()
        .forEach(
            line -> {
              int at = line.indexOf('=');
              parameters.add(at < 0 ? line : line.substring(0, at), line.substring(at + 1));
            });
    var query = new QueryParams(parameters, new Issues());
    try {
      var page = ListParams.read(query, CURSORS, "machines", "team", List.of("dtCreated", "name"));
      var name = query.text("name");
      query.issues().throwIfAny();
      assertThat(page.limit()).isBetween(1, 120);
      assertThat(page.orderBy()).isIn("dtCreated", "name");
      name.ifPresent(text -> assertThat(text.chars()).noneMatch(Character::isISOControl));
    } catch (Refusal e) {
      assertThat(e.reason()).isEqualTo(Refusal.Reason.INVALID);
    }
  }
}
