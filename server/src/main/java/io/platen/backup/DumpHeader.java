package io.platen.backup;

import java.io.IOException;
import java.time.DateTimeException;
import java.time.Instant;

/**
 * The first line of a dump.
 *
 * @param format always {@link #FORMAT}
 * @param version of the format
 * @param schema the version of the schema that the rows have
 * @param made when, in ISO 8601
 * @param database the database, as people may see it
 */
public record DumpHeader(String format, int version, String schema, String made, String database) {
  static final String FORMAT = "platen-metadata";
  static final int VERSION = 1;

  static DumpHeader of(String schema, Instant made, String database) {
    return new DumpHeader(FORMAT, VERSION, schema, made.toString(), database);
  }

  /** When it was made: what was committed after that is not in it. */
  public Instant time() {
    return Instant.parse(made);
  }

  @SuppressWarnings("ConstantValue") // Jackson leaves null what says null.
  DumpHeader require(String place) throws IOException {
    if (!FORMAT.equals(format)) {
      throw new DumpInvalid(place, "it is no dump of Platen's");
    }
    if (version != VERSION) {
      throw new DumpInvalid(
          place,
          "its format is %d, and this version of Platen knows %d".formatted(version, VERSION));
    }
    if (schema == null || made == null || database == null) {
      throw new DumpInvalid(place, "its first line is not complete");
    }
    try {
      var _ = time();
    } catch (DateTimeException e) {
      throw new DumpInvalid(place, "its time is none: " + made, e);
    }
    return this;
  }
}
