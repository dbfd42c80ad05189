package io.platen.api;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A request's body: a JSON object, whatever the Content-Type says. Fields are read one by one, so
 * that every problem is told and none is guessed around; a field that is null counts as missing.
 */
public final class JsonBody {
  private static final JsonMapper MAPPER =
      JsonMapper.builder().enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS).build();

  private final ObjectNode object;
  private final Issues issues = new Issues();

  private JsonBody(ObjectNode object) {
    this.object = object;
  }

  /**
   * No body and an empty one count as {@code {}}.
   *
   * @throws ApiException PARSE_ERROR where the body is not JSON, BAD_REQUEST where it is something
   *     else than an object
   */
  public static JsonBody parse(byte @Nullable [] body) {
    if (body == null || isBlank(body)) {
      return new JsonBody(JsonNodeFactory.instance.objectNode());
    }
    JsonNode node;
    try {
      node = MAPPER.readTree(body);
    } catch (JsonProcessingException e) {
      throw new ApiException(
          ErrorCode.PARSE_ERROR, "The body is not JSON: " + e.getOriginalMessage());
    } catch (IOException e) {
      throw new ApiException(
          ErrorCode.PARSE_ERROR, "The body is not JSON in UTF-8: " + e.getMessage());
    }
    if (node instanceof ObjectNode object) {
      return new JsonBody(object);
    }
    throw new ApiException(ErrorCode.BAD_REQUEST, "The body must be a JSON object.");
  }

  private static boolean isBlank(byte[] body) {
    for (byte b : body) {
      if (b != ' ' && b != '\t' && b != '\r' && b != '\n') {
        return false;
      }
    }
    return true;
  }

  public Issues issues() {
    return issues;
  }

  /** The field as it was sent; empty where it is missing or null. */
  public Optional<JsonNode> field(String name) {
    JsonNode value = object.get(name);
    return value == null || value.isNull() ? Optional.empty() : Optional.of(value);
  }

  public Optional<String> text(String name) {
    return field(name)
        .flatMap(
            value -> {
              if (value.isTextual()) {
                return Optional.of(value.textValue());
              }
              issues.add(name, "must be a string");
              return Optional.empty();
            });
  }

  /**
   * As {@link #text}; a missing or empty one is an issue, and one of several lines. Without a value
   * the text is empty.
   */
  public String requiredText(String name) {
    String text = filled(name);
    // PostgreSQL takes no text that holds a NUL, not even to look for it.
    if (text.chars().anyMatch(Character::isISOControl)) {
      issues.add(name, "must not contain control characters");
    }
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
    if (field(name).isEmpty()) {
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
    if (field(name).isEmpty()) {
      issues.add(name, "is required");
    }
    return name(name).orElse("");
  }

  public Optional<Boolean> flag(String name) {
    return field(name)
        .flatMap(
            value -> {
              if (value.isBoolean()) {
                return Optional.of(value.booleanValue());
              }
              issues.add(name, "must be true or false");
              return Optional.empty();
            });
  }

  /** A whole number; numbers beyond what a long holds are an issue. */
  public Optional<Long> integer(String name) {
    return field(name)
        .flatMap(
            value -> {
              if (value.isNumber()
                  && value.canConvertToExactIntegral()
                  && value.canConvertToLong()) {
                return Optional.of(value.longValue());
              }
              issues.add(name, "must be a whole number");
              return Optional.empty();
            });
  }

  /** As {@link #integer}; a missing field is an issue. */
  public Optional<Long> requiredInteger(String name) {
    if (field(name).isEmpty()) {
      issues.add(name, "is required");
    }
    return integer(name);
  }
}
