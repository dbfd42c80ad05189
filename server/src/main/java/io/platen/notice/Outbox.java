package io.platen.notice;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.platen.database.Database;
import io.platen.model.Ids;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jdbi.v3.core.Handle;

/**
 * Where notices wait for their delivery. They are written by the transaction that makes what they
 * tell, so that both are there or neither. Nothing is written where nobody is to be told.
 *
 * <p>A transaction that writes here locks nothing afterwards that others lock first.
 */
public final class Outbox {
  /** A receiver that is away for days while everything fails is not told more than this. */
  static final int MAX_WAITING = 1000;

  /** How many that were given up are remembered, for {@code platen doctor}. */
  static final int MAX_GIVEN_UP = 1000;

  /** How long what was given up is remembered. */
  static final Duration REMEMBERED = Duration.ofDays(30);

  /** Errors are made for people; one that is longer than this was made by another program. */
  private static final int MAX_TEXT = 2000;

  private static final JsonMapper MAPPER = new JsonMapper();

  private final Database database;
  private final NoticeRepository rows = new NoticeRepository();
  private final InstantSource clock;
  private final boolean told;

  /**
   * @param told whether there is an address to tell
   */
  public Outbox(Database database, InstantSource clock, boolean told) {
    this.database = database;
    this.clock = clock;
    this.told = told;
  }

  /**
   * Writes a notice in the caller's transaction.
   *
   * @param message for people
   * @param data for programs: what is told, in values that JSON has
   */
  public void add(Handle handle, NoticeKind kind, String message, Map<String, ?> data) {
    if (!told) {
      return;
    }
    Instant now = clock.instant().truncatedTo(ChronoUnit.MILLIS);
    String id = Ids.notice();
    rows.insert(
        handle, new Notice(id, kind.label(), body(id, kind, now, message, data), 0, null, now));
    if (rows.waiting(handle) > MAX_WAITING) {
      rows.giveUpOldest(
          handle, MAX_WAITING, "%d later ones waited too".formatted(MAX_WAITING), now);
      rows.forgetGivenUp(handle, Instant.EPOCH, MAX_GIVEN_UP);
    }
  }

  /** As {@link #add(Handle, NoticeKind, String, Map)}, in a transaction of its own. */
  public void add(NoticeKind kind, String message, Map<String, ?> data) {
    if (told) {
      database.change(handle -> add(handle, kind, message, data));
    }
  }

  /** Writes a notice of what lasts at this node, unless it was told since it began. */
  public void raise(Handle handle, NoticeKind kind, String message, Map<String, ?> data) {
    if (told && rows.raise(handle, kind, database.node(), clock.instant())) {
      add(handle, kind, message, data);
    }
  }

  /** Notes that what lasted is over, so that it is told when it begins again. */
  public void clear(Handle handle, NoticeKind kind) {
    if (told && rows.isRaised(handle, kind, database.node())) {
      rows.clear(handle, kind, database.node());
    }
  }

  /** How the outbox of a database stands. */
  public static OutboxState state(Database database, Instant now) {
    return database.read(handle -> new NoticeRepository().state(handle, now.minus(REMEMBERED)));
  }

  private static String body(
      String id, NoticeKind kind, Instant now, String message, Map<String, ?> data) {
    var body = new LinkedHashMap<String, Object>();
    body.put("id", id);
    body.put("type", kind.label());
    body.put("timestamp", now.toString());
    body.put("message", shortened(message));
    body.put("data", data);
    try {
      return MAPPER.writeValueAsString(body);
    } catch (JsonProcessingException e) {
      throw new IllegalArgumentException("no JSON: " + data, e);
    }
  }

  /** A text of at most {@link #MAX_TEXT} characters. */
  static String shortened(String text) {
    return text.length() <= MAX_TEXT ? text : text.substring(0, MAX_TEXT - 1) + "…";
  }
}
