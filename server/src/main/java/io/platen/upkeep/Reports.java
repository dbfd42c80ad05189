package io.platen.upkeep;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;

/** Reports as the database holds them, in JSON. */
public final class Reports {
  private static final JsonMapper MAPPER =
      JsonMapper.builder().disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES).build();

  private Reports() {}

  static String write(Record report) throws IOException {
    return MAPPER.writeValueAsString(report);
  }

  /**
   * Reads a report.
   *
   * @throws IOException where it is none of this type
   */
  public static <T extends Record> T read(String json, Class<T> type) throws IOException {
    try {
      return MAPPER.readValue(json, type);
    } catch (JsonProcessingException e) {
      throw new IOException("the report can't be read: " + e.getOriginalMessage(), e);
    }
  }
}
