package io.platen.template;

import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.annotation.JsonPropertyOrder;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.platen.chunkstore.DocumentCorrupt;
import io.platen.model.Ids;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Locale;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The document of a manifest. The same manifest makes the same bytes: UTF-8, all keys, always in
 * this order, nothing between them, times in UTC to the millisecond, and a line feed at the end.
 * Who reads it trusts nobody: a store may be written to by others.
 */
public final class ManifestJson {
  /**
   * The format of the document. What adds keys keeps the number; a document with a higher one is
   * not understood.
   */
  static final int FORMAT = 1;

  /** Longer than any name, label or id that a server writes. */
  private static final int MAX_TEXT = 1000;

  /** More than any template sees; the next one has to be countable, too. */
  static final long MOST_CHANGES = 1L << 53;

  private static final Pattern DIGEST = Pattern.compile("[0-9a-f]{64}");

  private static final DateTimeFormatter TIME =
      DateTimeFormatter.ofPattern("uuuu-MM-dd'T'HH:mm:ss.SSS'Z'", Locale.ROOT)
          .withZone(ZoneOffset.UTC);

  private static final JsonMapper JSON =
      JsonMapper.builder()
          .enable(DeserializationFeature.FAIL_ON_NULL_FOR_PRIMITIVES)
          .enable(DeserializationFeature.FAIL_ON_MISSING_CREATOR_PROPERTIES)
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
          .build();

  private ManifestJson() {}

  @JsonPropertyOrder({"format"})
  private record Format(int format) {}

  @JsonPropertyOrder({"id", "name"})
  private record Team(String id, String name) {}

  @JsonPropertyOrder({"label", "agentType", "architecture", "firmware"})
  private record Os(String label, String agentType, String architecture, String firmware) {}

  @JsonPropertyOrder({"machine", "template"})
  private record Parent(@Nullable String machine, @Nullable String template) {}

  /** Of snapshots: whether a schedule took it, and whether the disk had no identity of its own. */
  @JsonPropertyOrder({"auto", "fresh"})
  private record Snapshot(boolean auto, boolean fresh) {}

  @JsonPropertyOrder({
    "format",
    "template",
    "number",
    "state",
    "kind",
    "name",
    "team",
    "os",
    "region",
    "diskBytes",
    "indexSha256",
    "parent",
    "protected",
    "snapshot",
    "created",
    "deleted",
    "purged"
  })
  private record Document(
      int format,
      String template,
      long number,
      String state,
      String kind,
      String name,
      @Nullable Team team,
      Os os,
      String region,
      long diskBytes,
      @Nullable String indexSha256,
      Parent parent,
      @JsonProperty("protected") boolean isProtected,
      @Nullable Snapshot snapshot,
      String created,
      @Nullable String deleted,
      @Nullable String purged) {}

  /** The bytes of a manifest. */
  public static byte[] write(Manifest manifest) {
    var team = manifest.team();
    var os = manifest.os();
    boolean isSnapshot = manifest.kind() == Manifest.Kind.SNAPSHOT;
    var document =
        new Document(
            FORMAT,
            manifest.templateId(),
            manifest.number(),
            word(manifest.state()),
            word(manifest.kind()),
            manifest.name(),
            team == null ? null : new Team(team.id(), team.name()),
            new Os(os.label(), os.agentType(), os.architecture(), os.firmware()),
            manifest.region(),
            manifest.diskBytes(),
            manifest.indexDigest(),
            new Parent(manifest.parentMachineId(), manifest.parentTemplateId()),
            manifest.isProtected(),
            isSnapshot ? new Snapshot(manifest.isAuto(), manifest.isFresh()) : null,
            TIME.format(manifest.dtCreated()),
            time(manifest.dtDeleted()),
            time(manifest.dtPurged()));
    try {
      return (JSON.writeValueAsString(document) + "\n").getBytes(StandardCharsets.UTF_8);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("a record of texts and numbers can be written", e);
    }
  }

  private static @Nullable String time(@Nullable Instant time) {
    return time == null ? null : TIME.format(time);
  }

  private static @Nullable Instant time(@Nullable String text) {
    return text == null ? null : Instant.parse(text);
  }

  private static String word(Enum<?> value) {
    return value.name().toLowerCase(Locale.ROOT);
  }

  /**
   * Reads a manifest.
   *
   * @param templateId the name that it was stored under
   * @param place where it is, for messages
   * @throws DocumentCorrupt where it is no manifest of this template
   * @throws IOException where a newer version of Platen wrote it
   */
  public static Manifest read(String templateId, byte[] bytes, String place) throws IOException {
    int format = parse(bytes, Format.class, place).format();
    if (format > FORMAT) {
      throw new ManifestNewer(place, format, FORMAT);
    }
    var document = parse(bytes, Document.class, place);
    try {
      var manifest = manifest(document);
      if (format == FORMAT && manifest.templateId().equals(templateId)) {
        return manifest;
      }
    } catch (IllegalArgumentException | DateTimeException e) {
      throw new DocumentCorrupt(place, "it is no manifest: " + e.getMessage(), e);
    }
    throw new DocumentCorrupt(place, "it is not the manifest of " + templateId, null);
  }

  private static <T> T parse(byte[] bytes, Class<T> type, String place) throws DocumentCorrupt {
    try {
      T read = JSON.readValue(bytes, type);
      if (read != null) {
        return read;
      }
    } catch (JsonProcessingException e) {
      throw new DocumentCorrupt(place, "it is no manifest: " + e.getOriginalMessage(), e);
    } catch (IOException e) {
      throw new DocumentCorrupt(place, "it is no manifest: " + e.getMessage(), e);
    }
    throw new DocumentCorrupt(place, "it holds nothing", null);
  }

  private static Manifest manifest(Document document) {
    requireTexts(document.name, document.region, document.state, document.kind, document.created);
    requireTexts(
        document.os.label, document.os.agentType, document.os.architecture, document.os.firmware);
    requireId(document.template);
    requireOptionalId(document.parent.machine);
    requireOptionalId(document.parent.template);
    var kind = Manifest.Kind.valueOf(document.kind.toUpperCase(Locale.ROOT));
    var snapshot = document.snapshot;
    require((snapshot != null) == (kind == Manifest.Kind.SNAPSHOT), "snapshot");
    require((document.team == null) == (kind == Manifest.Kind.OS), "team");
    require(document.number >= 0 && document.number <= MOST_CHANGES, "number");
    require(document.diskBytes >= 0, "diskBytes");
    var digest = document.indexSha256;
    require(digest == null || DIGEST.matcher(digest).matches(), "indexSha256");
    var state = Manifest.State.valueOf(document.state.toUpperCase(Locale.ROOT));
    require(digest != null || state != Manifest.State.AVAILABLE, "indexSha256");
    return new Manifest(
        document.template,
        document.number,
        state,
        kind,
        document.name,
        team(document.team),
        new Manifest.Os(
            document.os.label,
            document.os.agentType,
            document.os.architecture,
            document.os.firmware),
        document.region,
        document.diskBytes,
        digest,
        document.parent.machine,
        document.parent.template,
        document.isProtected,
        snapshot != null && snapshot.auto,
        snapshot != null && snapshot.fresh,
        Instant.parse(document.created),
        time(document.deleted),
        time(document.purged));
  }

  private static Manifest.@Nullable Team team(@Nullable Team team) {
    if (team == null) {
      return null;
    }
    requireId(team.id);
    requireTexts(team.name);
    return new Manifest.Team(team.id, team.name);
  }

  // Jackson leaves null what says null.
  private static void requireTexts(@Nullable String... texts) {
    require(
        Stream.of(texts).allMatch(text -> text != null && text.length() <= MAX_TEXT),
        "a text that is missing or too long");
  }

  private static void requireId(@Nullable String id) {
    require(id != null && Ids.isId(id), "\"%s\" is no id".formatted(id));
  }

  private static void requireOptionalId(@Nullable String id) {
    if (id != null) {
      requireId(id);
    }
  }

  private static void require(boolean holds, String what) {
    if (!holds) {
      throw new IllegalArgumentException(what);
    }
  }
}
