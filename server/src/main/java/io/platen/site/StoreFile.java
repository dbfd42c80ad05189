package io.platen.site;

import com.fasterxml.jackson.annotation.JsonPropertyOrder;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.platen.chunkstore.DocumentCorrupt;
import io.platen.chunkstore.DocumentStore;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * What {@code store.json} holds: what a store says of itself.
 *
 * @param format of the store and of this document; a higher one is not understood
 * @param id random, another one each time the store is given to a database
 * @param database the id of the database that it belongs to
 * @param place what tells that database from its copies; empty on SQLite
 * @param shown the database and the directory it works with, for people; says nothing by itself
 * @param since when it was given to the database, in UTC
 */
@JsonPropertyOrder({"format", "id", "database", "place", "shown", "since"})
public record StoreFile(
    int format, String id, String database, String place, String shown, String since) {
  static final int FORMAT = 1;

  private static final String NAME = "store";

  private static final JsonMapper JSON =
      JsonMapper.builder()
          .enable(DeserializationFeature.FAIL_ON_NULL_FOR_PRIMITIVES)
          .enable(DeserializationFeature.FAIL_ON_MISSING_CREATOR_PROPERTIES)
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
          .build();

  /**
   * Reads it; empty where the store has none.
   *
   * @throws DocumentCorrupt where it can't be understood
   */
  static Optional<StoreFile> read(DocumentStore self) throws IOException {
    var bytes = self.read(NAME);
    return bytes.isEmpty() ? Optional.empty() : Optional.of(parse(bytes.get(), place(self)));
  }

  private static StoreFile parse(byte[] bytes, String place) throws DocumentCorrupt {
    @Nullable StoreFile read;
    try {
      read = JSON.readValue(bytes, StoreFile.class);
    } catch (JsonProcessingException e) {
      throw new DocumentCorrupt(place, "it can't be read: " + e.getOriginalMessage(), e);
    } catch (IOException e) {
      throw new DocumentCorrupt(place, "it can't be read: " + e.getMessage(), e);
    }
    if (read == null || !read.isComplete()) {
      throw new DocumentCorrupt(place, "it is not complete", null);
    }
    if (read.format != FORMAT) {
      throw new DocumentCorrupt(
          place,
          "the store has the format %d, and this version of Platen knows %d"
              .formatted(read.format, FORMAT),
          null);
    }
    return read;
  }

  @SuppressWarnings("ConstantValue") // Jackson leaves null what says null.
  private boolean isComplete() {
    return Stream.of(id, database, place, shown, since).allMatch(text -> text != null);
  }

  void write(DocumentStore self) throws IOException {
    String text;
    try {
      text = JSON.writeValueAsString(this) + "\n";
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("a record of texts can be written", e);
    }
    self.publish(NAME, text.getBytes(StandardCharsets.UTF_8));
  }

  /** Where it is, or would be, for messages. */
  static String place(DocumentStore self) {
    return self.place(NAME);
  }
}
