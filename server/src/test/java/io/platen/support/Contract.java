package io.platen.support;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.networknt.schema.JsonSchema;
import com.networknt.schema.JsonSchemaFactory;
import com.networknt.schema.SpecVersion;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.Pattern;

/**
 * The OpenAPI document of a server, held against what it answers: no endpoint, status or key that
 * is not in it, none missing that it promises.
 */
public final class Contract {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final JsonSchemaFactory SCHEMAS =
      JsonSchemaFactory.getInstance(SpecVersion.VersionFlag.V202012);

  /** One operation of the document. */
  public record Operation(String method, String path, Pattern pattern, JsonNode json) {}

  private final ObjectNode document;
  private final List<Operation> operations = new ArrayList<>();
  private final Map<String, JsonSchema> schemas = new ConcurrentHashMap<>();

  public Contract(String document) throws IOException {
    this.document = (ObjectNode) JSON.readTree(document);
    for (var path : this.document.path("paths").properties()) {
      for (var operation : path.getValue().properties()) {
        operations.add(
            new Operation(
                operation.getKey().toUpperCase(Locale.ROOT),
                path.getKey(),
                Pattern.compile(path.getKey().replaceAll("\\{[^}]*}", "[^/]+")),
                operation.getValue()));
      }
    }
  }

  public JsonNode document() {
    return document;
  }

  public List<Operation> operations() {
    return operations;
  }

  /**
   * Checks one answer.
   *
   * @param path from {@code /v1} on, the query included
   */
  public void check(String method, String path, int status, String body) throws IOException {
    String bare = path.replaceAll("\\?.*", "");
    var candidates =
        operations.stream().filter(one -> one.pattern().matcher(bare).matches()).toList();
    var operation = candidates.stream().filter(one -> one.method().equals(method)).findFirst();
    if (operation.isEmpty()) {
      // Neither there nor documented: an error of the form that the document describes.
      assertThat(status)
          .as("%s %s is not in the document: %s", method, path, body)
          .isIn(400, 401, 404, 405, 413, 503);
      validate("/components/schemas/Error", method + " " + path, body);
      return;
    }
    String pointer =
        "/paths/%s/%s/responses/%d"
            .formatted(escape(operation.get().path()), method.toLowerCase(Locale.ROOT), status);
    assertThat(document.at(pointer).isMissingNode())
        .as("%s %s answered %d, which is not in the document: %s", method, path, status, body)
        .isFalse();
    validate(pointer + "/content/application~1json/schema", method + " " + path, body);
  }

  private void validate(String pointer, String what, String body) throws IOException {
    var schema =
        schemas.computeIfAbsent(
            pointer, at -> SCHEMAS.getSchema(document.deepCopy().put("$ref", "#" + at)));
    var problems = schema.validate(JSON.readTree(body));
    assertThat(problems).as("%s: %s", what, body).isEmpty();
  }

  private static String escape(String path) {
    return path.replace("~", "~0").replace("/", "~1");
  }

  public Optional<Operation> operation(String method, String path) {
    return operations.stream()
        .filter(one -> one.method().equals(method) && one.path().equals(path))
        .findFirst();
  }
}
