package io.platen.responsecache;

import static org.assertj.core.api.Assertions.assertThat;

import io.platen.database.Database;
import io.platen.model.Caller;
import jakarta.ws.rs.core.MediaType;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class ResponseCacheTest {
  private static final String URI = "/v1/machines?limit=5";
  private static final Caller OWNER = new Caller("key1", "team1", "ours", false);
  private static final Caller COLLEAGUE = new Caller("key2", "team1", "ours", false);
  private static final Caller READER = new Caller("key3", "team1", "ours", true);
  private static final Caller STRANGER = new Caller("key4", "team2", "theirs", false);

  private static final CachedResponse ANSWER =
      new CachedResponse(
          7, MediaType.APPLICATION_JSON_TYPE, "[]".getBytes(StandardCharsets.US_ASCII));

  @TempDir
  @SuppressWarnings("NullAway.Init")
  Path root;

  @SuppressWarnings("NullAway.Init")
  private Database database;

  @SuppressWarnings("NullAway.Init")
  private ResponseCache cache;

  @BeforeEach
  void open() {
    database = Database.open(Database.sqliteUrl(root.resolve("platen.db")));
    cache = new ResponseCache(database);
    cache.put(OWNER, URI, ANSWER);
  }

  @AfterEach
  void close() {
    database.close();
  }

  @Test
  void isGivenToKeysOfTheTeamWithTheSameRights() {
    assertThat(cache.find(OWNER, URI, 7)).containsSame(ANSWER);
    assertThat(cache.find(COLLEAGUE, URI, 7)).containsSame(ANSWER);
  }

  @Test
  void isNotGivenToAKeyWithOtherRightsOrOfAnotherTeam() {
    assertThat(cache.find(READER, URI, 7)).isEmpty();
    assertThat(cache.find(STRANGER, URI, 7)).isEmpty();
  }

  @Test
  void isNotGivenOnceSomethingWasCommittedOrForAnotherQuestion() {
    assertThat(cache.find(OWNER, URI, 8)).isEmpty();
    assertThat(cache.find(OWNER, URI + "0", 7)).isEmpty();
  }
}
