package io.platen.rest;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParseException;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.exc.StreamConstraintsException;
import com.fasterxml.jackson.core.util.JsonRecyclerPools;
import io.platen.model.Issues;
import io.platen.model.ObjectName;
import io.platen.model.Refusal;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.lang.reflect.RecordComponent;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A request's body: a JSON object in UTF-8, whatever the Content-Type says. It is read in one pass
 * that keeps the fields which are asked for and skips the rest, so that it takes no more memory
 * than its own bytes and these fields. Fields are read one by one, so that every problem is told
 * and none is guessed around; a field that is null counts as missing.
 */
public final class JsonBody {
  /** In characters. The longest text that any field may hold has half of that. */
  static final int TEXT = 128 << 10;

  /** Parts of a body: names, values, and the beginnings and ends of objects and arrays. */
  static final int TOKENS = 10_000;

  /** Objects and arrays inside one another. */
  static final int DEPTH = 100;

  /** Names are not kept: they are of the client's making, and need not come again. */
  private static final JsonFactory FORMAT =
      JsonFactory.builder()
          .disable(JsonFactory.Feature.CANONICALIZE_FIELD_NAMES)
          .recyclerPool(JsonRecyclerPools.nonRecyclingPool())
          .streamReadConstraints(
              StreamReadConstraints.builder()
                  .maxTokenCount(TOKENS)
                  .maxNestingDepth(DEPTH)
                  .maxStringLength(TEXT)
                  .build())
          .build();

  /** What begins with one of these in Jackson's messages is for those who set Jackson up. */
  private static final List<String> OWN_WORDS =
      List.of(
          " (start marker at ",
          ": was expecting ",
          ": maybe a (non-standard) comment?",
          ": enable `JsonReadFeature.");

  private static final Pattern OWN_SETTING = Pattern.compile(", from `[^`]*`");

  /** What a field holds that is neither text nor a truth value nor a whole number. */
  private enum Other {
    /** An array or object without anything in it. */
    EMPTY,
    FILLED
  }

  private final Set<String> fields;

  /** Texts, truth values, whole numbers, lists of texts and {@link Other}; none is null. */
  private final Map<String, Object> values = new HashMap<>();

  private final Set<String> nulls = new HashSet<>();

  private final Issues issues = new Issues();

  private JsonBody(Set<String> fields) {
    this.fields = fields;
  }

  /**
   * The fields of a body that this record describes.
   *
   * @param more others that are read
   */
  public static Set<String> fields(Class<? extends Record> type, String... more) {
    return Stream.concat(
            Arrays.stream(type.getRecordComponents()).map(RecordComponent::getName),
            Arrays.stream(more))
        .collect(Collectors.toUnmodifiableSet());
  }

  /**
   * No body and an empty one count as {@code {}}. Of a field that is there more than once the last
   * counts.
   *
   * @param fields those that will be asked for; others are ignored
   * @throws ApiException PARSE_ERROR where the body is not JSON, or has more parts or levels than
   *     are read; BAD_REQUEST where it is something else than an object, or a text in it is longer
   *     than any field may be
   */
  public static JsonBody parse(byte @Nullable [] body, Set<String> fields) {
    var parsed = new JsonBody(fields);
    if (body == null || isBlank(body)) {
      return parsed;
    }
    try (var json = FORMAT.createParser(new InputStreamReader(withoutMark(body), decoder()))) {
      parsed.read(json);
    } catch (StreamConstraintsException e) {
      throw new ApiException(
          ErrorCode.PARSE_ERROR,
          "The body has larger parts than are read here: %s.".formatted(problem(e)));
    } catch (JsonProcessingException e) {
      throw new ApiException(
          ErrorCode.PARSE_ERROR, "The body is not JSON%s: %s.".formatted(place(e), problem(e)));
    } catch (IOException e) {
      throw new ApiException(
          ErrorCode.PARSE_ERROR, "The body is not JSON: it is not text in UTF-8.");
    }
    return parsed;
  }

  private static String place(JsonProcessingException failure) {
    var at = failure.getLocation();
    return at == null || at.getLineNr() < 1
        ? ""
        : " (line %d, column %d)".formatted(at.getLineNr(), at.getColumnNr());
  }

  /** What Jackson says, without what only its own developers understand. */
  private static String problem(JsonProcessingException failure) {
    String said = failure.getOriginalMessage();
    String plain = OWN_SETTING.matcher(said).replaceAll("");
    for (var own : OWN_WORDS) {
      int at = plain.indexOf(own);
      plain = at < 0 ? plain : plain.substring(0, at);
    }
    return Character.toLowerCase(plain.charAt(0)) + plain.substring(1);
  }

  /** Refuses bytes that are no UTF-8; by default they would be replaced. */
  private static CharsetDecoder decoder() {
    return StandardCharsets.UTF_8
        .newDecoder()
        .onMalformedInput(CodingErrorAction.REPORT)
        .onUnmappableCharacter(CodingErrorAction.REPORT);
  }

  /** The bytes after the byte order mark that some clients begin with. */
  private static InputStream withoutMark(byte[] body) {
    boolean mark =
        body.length >= 3
            && body[0] == (byte) 0xef
            && body[1] == (byte) 0xbb
            && body[2] == (byte) 0xbf;
    return mark
        ? new ByteArrayInputStream(body, 3, body.length - 3)
        : new ByteArrayInputStream(body);
  }

  private static boolean isBlank(byte[] body) {
    for (byte b : body) {
      if (b != ' ' && b != '\t' && b != '\r' && b != '\n') {
        return false;
      }
    }
    return true;
  }

  private void read(JsonParser json) throws IOException {
    boolean object = json.nextToken() == JsonToken.START_OBJECT;
    if (object) {
      readFields(json);
    } else {
      json.skipChildren();
    }
    if (json.currentToken() == null || json.nextToken() != null) {
      throw new JsonParseException(json, "there must be one value, and nothing behind it");
    }
    if (!object) {
      throw new ApiException(ErrorCode.BAD_REQUEST, "The body must be a JSON object.");
    }
  }

  private void readFields(JsonParser json) throws IOException {
    for (var name = json.nextFieldName(); name != null; name = json.nextFieldName()) {
      json.nextToken();
      if (fields.contains(name)) {
        var value = value(json, name);
        if (value == null) {
          values.remove(name);
          nulls.add(name);
        } else {
          values.put(name, value);
          nulls.remove(name);
        }
      }
      json.skipChildren();
    }
  }

  private static @Nullable Object value(JsonParser json, String name) throws IOException {
    return switch (json.currentToken()) {
      case VALUE_NULL -> null;
      case VALUE_STRING -> text(json, name);
      case VALUE_TRUE -> true;
      case VALUE_FALSE -> false;
      case VALUE_NUMBER_INT -> whole(json);
      case VALUE_NUMBER_FLOAT -> whole(json.getDoubleValue());
      default -> list(json, name);
    };
  }

  /** A list of texts; any other list or object is only known to be there, or to be empty. */
  private static Object list(JsonParser json, String name) throws IOException {
    boolean array = json.currentToken() == JsonToken.START_ARRAY;
    var texts = new ArrayList<String>();
    boolean onlyTexts = true;
    boolean empty = true;
    while (!json.nextToken().isStructEnd()) {
      empty = false;
      if (array && json.currentToken() == JsonToken.VALUE_STRING) {
        texts.add(text(json, name));
      } else {
        onlyTexts = false;
        json.skipChildren();
      }
    }
    if (empty) {
      return Other.EMPTY;
    }
    return array && onlyTexts ? texts : Other.FILLED;
  }

  private static String text(JsonParser json, String name) throws IOException {
    try {
      return json.getText();
    } catch (StreamConstraintsException e) {
      throw Refusal.invalid(name, "has more than %d characters".formatted(TEXT));
    }
  }

  private static Object whole(JsonParser json) throws IOException {
    return json.getNumberType() == JsonParser.NumberType.BIG_INTEGER
        ? Other.FILLED
        : json.getLongValue();
  }

  /** A whole number may be written as 50.0 or 5e1. */
  private static Object whole(double number) {
    boolean whole =
        number == Math.rint(number) && number >= Long.MIN_VALUE && number <= Long.MAX_VALUE;
    return whole ? (Object) (long) number : Other.FILLED;
  }

  public Issues issues() {
    return issues;
  }

  private @Nullable Object value(String name) {
    if (!fields.contains(name)) {
      throw new IllegalArgumentException("the field " + name + " was not read");
    }
    return values.get(name);
  }

  /** Whether the field was sent, and is not null. */
  public boolean has(String name) {
    return value(name) != null;
  }

  /** Whether the field was sent as null, which only some fields tell from a missing one. */
  public boolean isNull(String name) {
    return value(name) == null && nulls.contains(name);
  }

  /** Whether the field asks for something: it is there, and neither false, 0, empty nor "none". */
  public boolean asks(String name) {
    return switch (value(name)) {
      case null -> false;
      case Boolean flag -> flag;
      case Long number -> number != 0;
      case String text -> !text.isEmpty() && !text.equals("none");
      case Object other -> other != Other.EMPTY;
    };
  }

  /** The field where it is of this type; where it is of another one, that is an issue. */
  private <T> Optional<T> typed(String name, Class<T> type, String otherwise) {
    Object value = value(name);
    if (value != null && !type.isInstance(value)) {
      issues.add(name, otherwise);
      return Optional.empty();
    }
    return Optional.ofNullable(value).map(type::cast);
  }

  public Optional<String> text(String name) {
    return typed(name, String.class, "must be a string");
  }

  /** As {@link #text}; an empty one counts as missing, and one of several lines is an issue. */
  public Optional<String> line(String name) {
    var text = text(name).filter(value -> !value.isEmpty());
    text.ifPresent(value -> checkLine(name, value));
    return text;
  }

  private void checkLine(String name, String text) {
    // PostgreSQL takes no text that holds a NUL, not even to look for it.
    if (text.chars().anyMatch(Character::isISOControl)) {
      issues.add(name, "must not contain control characters");
    }
  }

  /** A list of texts; a missing one is empty. */
  public List<String> texts(String name) {
    return switch (value(name)) {
      case null -> List.of();
      case List<?> texts -> texts.stream().map(String.class::cast).toList();
      case Other other when other == Other.EMPTY -> List.of();
      default -> {
        issues.add(name, "must be a list of strings");
        yield List.of();
      }
    };
  }

  /**
   * As {@link #text}; a missing or empty one is an issue, and one of several lines. Without a value
   * the text is empty.
   */
  public String requiredText(String name) {
    String text = filled(name);
    checkLine(name, text);
    return text;
  }

  /**
   * A text of any number of lines, kept as it was sent.
   *
   * @param bytes how long it may be in UTF-8
   */
  public Optional<String> lines(String name, int bytes) {
    return text(name).map(text -> checkLines(name, text, bytes));
  }

  /** As {@link #lines}; a missing or empty one is an issue. Without a value the text is empty. */
  public String requiredLines(String name, int bytes) {
    return checkLines(name, filled(name), bytes);
  }

  private String checkLines(String name, String text, int bytes) {
    int length = text.getBytes(StandardCharsets.UTF_8).length;
    if (length > bytes) {
      issues.add(name, "has %d bytes; at most %d are allowed".formatted(length, bytes));
    } else if (text.codePoints().anyMatch(JsonBody::isForbidden)) {
      issues.add(name, "must not contain NUL characters or halves of surrogate pairs");
    }
    return text;
  }

  /** What PostgreSQL does not take, and what no encoding can carry. */
  private static boolean isForbidden(int codePoint) {
    return codePoint == 0 || Character.getType(codePoint) == Character.SURROGATE;
  }

  private String filled(String name) {
    if (!has(name)) {
      issues.add(name, "is required");
    }
    var text = text(name);
    if (text.filter(String::isEmpty).isPresent()) {
      issues.add(name, "must not be empty");
    }
    return text.orElse("");
  }

  /** A name of an object; see {@link ObjectName}. */
  public Optional<String> name(String name) {
    return text(name).map(text -> ObjectName.check(name, text, issues));
  }

  /** As {@link #name}; a missing field is an issue. Without a value the name is empty. */
  public String requiredName(String name) {
    if (!has(name)) {
      issues.add(name, "is required");
    }
    return name(name).orElse("");
  }

  public Optional<Boolean> flag(String name) {
    return typed(name, Boolean.class, "must be true or false");
  }

  /** A whole number; numbers beyond what a long holds are an issue. */
  public Optional<Long> integer(String name) {
    return typed(name, Long.class, "must be a whole number");
  }

  /** As {@link #integer}; a missing field is an issue. */
  public Optional<Long> requiredInteger(String name) {
    if (!has(name)) {
      issues.add(name, "is required");
    }
    return integer(name);
  }
}
