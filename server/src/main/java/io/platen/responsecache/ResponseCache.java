package io.platen.responsecache;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import io.platen.database.Database;
import io.platen.model.Caller;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * Answers that are given again for as long as nothing was committed to the database. Every look
 * asks the database for that, so an answer is never older than the last commit, whoever made it: a
 * client reads its own writes, and those of the command line.
 */
public final class ResponseCache {
  private static final long MAXIMUM_BYTES = 16 << 20;

  /** A longer answer would push too many others out, and is not kept. */
  static final int MAXIMUM_BODY = 512 << 10;

  /** What an entry takes besides its body, about. */
  private static final int OVERHEAD = 512;

  private final Database database;

  /**
   * By team, rights and URI, as one text: texts are comparable, so that URIs chosen for their equal
   * hash codes are found as fast as others.
   */
  private final Cache<String, CachedResponse> responses =
      Caffeine.newBuilder().maximumWeight(MAXIMUM_BYTES).weigher(ResponseCache::weight).build();

  public ResponseCache(Database database) {
    this.database = database;
  }

  /**
   * All that an answer follows from, the database aside: a key with fewer rights never gets what
   * was made for one with more. Ids have no spaces.
   */
  private static String question(Caller caller, String uri) {
    return caller.teamId() + (caller.readOnly() ? " read " : " all ") + uri;
  }

  private static int weight(String question, CachedResponse response) {
    return OVERHEAD + 2 * question.length() + response.body().length;
  }

  /** To be read before the answer is made; see {@link Database#commits}. */
  OptionalLong commits() {
    return database.commits();
  }

  /**
   * The answer that this question would get now.
   *
   * @param uri path and query as the client sent them
   */
  Optional<CachedResponse> find(Caller caller, String uri, long commits) {
    return Optional.ofNullable(responses.getIfPresent(question(caller, uri)))
        .filter(response -> response.commits() == commits);
  }

  void put(Caller caller, String uri, CachedResponse response) {
    responses.put(question(caller, uri), response);
  }
}
