package io.platen.backup;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.github.luben.zstd.ZstdIOException;
import com.github.luben.zstd.ZstdInputStream;
import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Reads a dump, one row at a time. Whether it is whole is known when it has been read. */
final class DumpReader {
  /** Longer than any row: a script of 1 MiB, each of its letters written with six. */
  private static final int LONGEST_LINE = 16 << 20;

  private static final JsonMapper JSON =
      JsonMapper.builder()
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .enable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
          .build();

  private final String place;
  private final InputStream lines;
  private final MessageDigest digest = Sha256.make();
  private final Map<String, Long> rows = new LinkedHashMap<>();
  private @Nullable DumpTable table;

  private DumpReader(String place, InputStream lines) {
    this.place = place;
    this.lines = lines;
  }

  /** Hears of what is in a dump, before it is known whether that is whole. */
  interface Visitor {
    /** The first line. */
    void header(DumpHeader header) throws IOException;

    /** The rows that follow are of this table. */
    void table(String name, List<String> columns) throws IOException;

    /** A row: each value is a text, a {@link Long} or null. */
    void row(List<@Nullable Object> values) throws IOException;
  }

  /** Hears nothing. */
  static final Visitor NOBODY =
      new Visitor() {
        @Override
        public void header(DumpHeader header) {}

        @Override
        public void table(String name, List<String> columns) {}

        @Override
        public void row(List<@Nullable Object> values) {}
      };

  /**
   * Reads a whole dump. The caller closes the stream.
   *
   * @param place where it is, for messages
   * @throws DumpInvalid where it is not whole, or no dump
   */
  static DumpSummary read(String place, InputStream compressed, Visitor visitor)
      throws IOException {
    try {
      var plain = new ZstdInputStream(new BufferedInputStream(compressed));
      return new DumpReader(place, new BufferedInputStream(plain, 1 << 16)).read(visitor);
    } catch (ZstdIOException e) {
      throw new DumpInvalid(place, "it was cut off or changed (" + e.getMessage() + ")", e);
    } catch (JsonProcessingException e) {
      throw new DumpInvalid(place, "it was changed: " + e.getOriginalMessage(), e);
    } catch (EOFException e) {
      throw new DumpInvalid(place, "it was cut off: its last line is missing", e);
    }
  }

  private DumpSummary read(Visitor visitor) throws IOException {
    @Nullable DumpHeader read = JSON.readValue(line(true), DumpHeader.class);
    if (read == null) {
      throw new DumpInvalid(place, "it is no dump of Platen's");
    }
    var header = read.require(place);
    visitor.header(header);
    while (true) {
      byte[] line = line(false);
      var node = JSON.readTree(line);
      if (node.has("sha256")) {
        return end(header, JSON.treeToValue(node, DumpEnd.class));
      }
      count(line);
      if (node.isArray()) {
        row(node, visitor);
      } else {
        begin(JSON.treeToValue(node, DumpTable.class), visitor);
      }
    }
  }

  private void begin(DumpTable begun, Visitor visitor) throws IOException {
    if (rows.putIfAbsent(begun.table(), 0L) != null) {
      throw new DumpInvalid(place, "it has the table %s twice".formatted(begun.table()));
    }
    table = begun;
    visitor.table(begun.table(), begun.columns());
  }

  private void row(JsonNode node, Visitor visitor) throws IOException {
    var of = table;
    if (of == null || node.size() != of.columns().size()) {
      throw new DumpInvalid(place, "a row has other columns than its table");
    }
    var values = new ArrayList<@Nullable Object>(node.size());
    for (var value : node) {
      values.add(value(value));
    }
    rows.merge(of.table(), 1L, Long::sum);
    visitor.row(values);
  }

  private @Nullable Object value(JsonNode value) throws IOException {
    if (value.isNull()) {
      return null;
    }
    if (value.isTextual()) {
      return value.textValue();
    }
    if (value.isIntegralNumber() && value.canConvertToLong()) {
      return value.longValue();
    }
    throw new DumpInvalid(place, "a row holds what is neither a text nor a whole number");
  }

  private DumpSummary end(DumpHeader header, DumpEnd end) throws IOException {
    String found = HexFormat.of().formatHex(digest.digest());
    if (!found.equals(end.sha256())) {
      throw new DumpInvalid(
          place, "it was changed: its SHA-256 is %s instead of %s".formatted(found, end.sha256()));
    }
    if (!rows.equals(end.rows()) || lines.read() >= 0) {
      throw new DumpInvalid(place, "it was changed: it has other rows than its last line says");
    }
    return new DumpSummary(header, rows, found);
  }

  private void count(byte[] line) {
    digest.update(line);
    digest.update((byte) '\n');
  }

  private byte[] line(boolean counts) throws IOException {
    var line = new ByteArrayOutputStream(256);
    for (int next = lines.read(); next != '\n'; next = lines.read()) {
      if (next < 0) {
        throw new EOFException();
      }
      if (line.size() == LONGEST_LINE) {
        throw new DumpInvalid(place, "a line is longer than %d bytes".formatted(LONGEST_LINE));
      }
      line.write(next);
    }
    byte[] bytes = line.toByteArray();
    if (counts) {
      count(bytes);
    }
    return bytes;
  }
}
