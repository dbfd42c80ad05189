package io.platen.support;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.StreamSupport;

/**
 * The shapes of objects, each key with its type, as objects.txt writes them: from that file, which
 * people write, and from an OpenAPI document, which is made of the code.
 */
public final class Shapes {
  private Shapes() {}

  /** What objects.txt says, by the name of the schema. */
  public static Map<String, Set<String>> written() throws IOException {
    try (var file = Shapes.class.getResourceAsStream("/contract/objects.txt")) {
      var shapes = new TreeMap<String, Set<String>>();
      new String(file.readAllBytes(), StandardCharsets.UTF_8)
          .lines()
          .filter(line -> !line.isBlank() && !line.startsWith("#"))
          .forEach(
              line -> {
                var parts = line.split(":", 2);
                shapes.put(parts[0], keys(parts[1]));
              });
      return shapes;
    }
  }

  private static Set<String> keys(String list) {
    return list.isBlank() ? Set.of() : Set.of(list.strip().split(", *", -1));
  }

  /** What a document says of its schemas that are answered, by name. */
  public static Map<String, Set<String>> of(JsonNode document) {
    var shapes = new TreeMap<String, Set<String>>();
    for (var schema : document.path("components").path("schemas").properties()) {
      // Of the bodies that are sent unknown keys are ignored.
      if (schema.getValue().has("additionalProperties")) {
        shapes.put(schema.getKey(), keys(schema.getValue()));
      }
    }
    return shapes;
  }

  private static Set<String> keys(JsonNode schema) {
    var required =
        StreamSupport.stream(schema.path("required").spliterator(), false)
            .map(JsonNode::asText)
            .collect(Collectors.toSet());
    return schema.path("properties").properties().stream()
        .map(
            key ->
                key.getKey()
                    + (required.contains(key.getKey()) ? " " : "? ")
                    + type(key.getValue()))
        .collect(Collectors.toSet());
  }

  private static String type(JsonNode schema) {
    if (schema.has("$ref")) {
      return schema.path("$ref").asText().replaceAll(".*/", "");
    }
    if (schema.has("anyOf")) {
      return type(schema.path("anyOf").path(0)) + "|null";
    }
    var type = schema.path("type");
    boolean nullable = type.isArray();
    String name = nullable ? type.path(0).asText() : type.asText();
    String shape =
        switch (name) {
          case "array" -> "[" + type(schema.path("items")) + "]";
          case "string" -> schema.path("format").asText().equals("date-time") ? "date" : "string";
          default -> name;
        };
    return nullable ? shape + "|null" : shape;
  }
}
