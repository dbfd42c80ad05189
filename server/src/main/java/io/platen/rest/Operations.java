package io.platen.rest;

import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import org.eclipse.microprofile.openapi.OASFactory;
import org.eclipse.microprofile.openapi.models.Operation;
import org.eclipse.microprofile.openapi.models.PathItem.HttpMethod;
import org.eclipse.microprofile.openapi.models.media.Schema;
import org.eclipse.microprofile.openapi.models.media.Schema.SchemaType;
import org.eclipse.microprofile.openapi.models.parameters.Parameter;
import org.eclipse.microprofile.openapi.models.responses.APIResponse;
import org.jboss.jandex.AnnotationTarget;
import org.jboss.jandex.DotName;
import org.jboss.jandex.IndexView;
import org.jboss.jandex.MethodInfo;

/** Says of each operation what holds for all of its kind: parameters of lists, headers, errors. */
final class Operations {
  static final String INTRODUCTION =
      """
      Custom templates of virtual machines: capture a machine's disk, launch machines from it.

      Bodies of requests are JSON whatever the Content-Type says, of at most 1 MiB; unknown fields \
      and parameters are ignored. A request line has at most 8 KiB, all headers together 16 KiB, \
      and a request has to arrive within 30 seconds. Dates are UTC with milliseconds. Every answer \
      carries an X-Request-Id, which the server's log names it by. Unknown paths are answered with \
      404 and other methods with 405, in the form of the schema Error.""";

  private static final DotName REFUSAL = DotName.createSimple(ErrorAnswer.class);
  private static final DotName ORDER_BY = DotName.createSimple(ListOrder.class);
  private static final DotName NARROWED = DotName.createSimple(ListFilter.class);
  private static final DotName SENT = DotName.createSimple(BodySchema.class);
  private static final DotName OR_NULL = DotName.createSimple(NullableAnswer.class);
  private static final DotName PUBLIC = DotName.createSimple(Public.class);

  private static final Map<String, String> ERRORS =
      Map.ofEntries(
          Map.entry("400", "A parameter or field is missing or invalid, or the body is not JSON."),
          Map.entry("401", "No API key, or one that is unknown or revoked."),
          Map.entry("403", "The API key may only read."),
          Map.entry("404", "There is no such object, or it is another team's."),
          Map.entry("409", "The object is in a state that forbids this."),
          Map.entry("412", "The server lacks what this takes."),
          Map.entry("413", "The body is larger than 1 MiB."),
          Map.entry("429", "Too many requests with this API key."),
          Map.entry("500", "A bug; the message says under which reference the log has more."),
          Map.entry("503", "The database or the store can't be used, or the server is ending."));

  private final IndexView classes;
  private final Map<String, MethodInfo> methods = new HashMap<>();

  Operations(IndexView classes) {
    this.classes = classes;
    var path = DotName.createSimple(jakarta.ws.rs.Path.class);
    for (var annotation : classes.getAnnotations(path)) {
      if (annotation.target().kind() == AnnotationTarget.Kind.CLASS) {
        for (var method : annotation.target().asClass().methods()) {
          methods.put(annotation.target().asClass().simpleName() + "_" + method.name(), method);
        }
      }
    }
  }

  void complete(String path, HttpMethod method, Operation operation) {
    var code = methods.get(operation.getOperationId());
    if (code == null) {
      throw new IllegalStateException("no method " + operation.getOperationId());
    }
    operation.setOperationId(name(operation.getSummary()));
    for (var refusal : code.annotationsWithRepeatable(REFUSAL, classes)) {
      error(
          operation,
          Integer.toString(refusal.value("status").asInt()),
          refusal.value("when").asString());
    }
    boolean isPublic = code.hasAnnotation(PUBLIC);
    if (isPublic) {
      operation.setSecurity(
          code.hasAnnotation(OR_NULL)
              // Without a key the answer is null; a generated client that has one has to send it.
              ? List.of(
                  OASFactory.createSecurityRequirement().addScheme(OpenApiDocument.KEY),
                  OASFactory.createSecurityRequirement())
              : List.of());
    }
    if (code.returnType().name().toString().equals("io.platen.paging.Page")) {
      addOrder(operation, code);
      addPaging(operation);
    }
    var sent = code.annotation(SENT);
    if (sent != null) {
      var record = classes.getClassByName(sent.value().asClass().name());
      String name = record.declaredAnnotation(Schemas.SCHEMA).value("name").asString();
      operation.getRequestBody().setContent(json(reference(name)));
    } else {
      // Of an endpoint that needs no body only the Idempotency-Key looks at one.
      operation.setRequestBody(null);
    }
    if (method == HttpMethod.POST) {
      operation.addParameter(
          parameter("Idempotency-Key", Parameter.In.HEADER, text().minLength(1).maxLength(255))
              .description(
                  "With the same key and body, within 24 hours, nothing is done again: the first answer is sent once more, with the header Idempotent-Replayed. The same key with another body is a 409."));
      error(operation, "409");
    }
    error(operation, "400");
    error(operation, "413");
    error(operation, "500");
    error(operation, "503");
    if (!isPublic) {
      error(operation, "401");
      error(operation, "429");
      if (method != HttpMethod.GET) {
        error(operation, "403");
      }
    }
    if (path.contains("{")) {
      error(operation, "404");
    }
    if (code.hasAnnotation(OR_NULL)) {
      var answer = operation.getResponses().getAPIResponse("200").getContent();
      answer
          .getMediaTypes()
          .values()
          .forEach(media -> media.setSchema(Schemas.orNull(media.getSchema())));
    }
    operation.getResponses().getAPIResponses().forEach(Operations::complete);
  }

  /** "Get the account's standing" is getAccountsStanding. */
  private static String name(String summary) {
    String words =
        List.of(summary.replace("'", "").split(" ")).stream()
            .filter(word -> !List.of("a", "an", "the", "that").contains(word))
            .map(word -> word.substring(0, 1).toUpperCase(Locale.ROOT) + word.substring(1))
            .collect(Collectors.joining());
    return words.substring(0, 1).toLowerCase(Locale.ROOT) + words.substring(1);
  }

  private static Schema text() {
    return OASFactory.createSchema().addType(SchemaType.STRING);
  }

  private static Schema reference(String name) {
    return OASFactory.createSchema().ref("#/components/schemas/" + name);
  }

  private static Parameter parameter(String name, Parameter.In in, Schema schema) {
    return OASFactory.createParameter().name(name).in(in).schema(schema);
  }

  private void addOrder(Operation operation, MethodInfo code) {
    var orderBy = code.annotation(ORDER_BY).value().asStringArray();
    operation.addParameter(
        parameter(
                "orderBy",
                Parameter.In.QUERY,
                text().enumeration(List.of((Object[]) orderBy)).defaultValue(orderBy[0]))
            .description("Ties are ordered by id."));
    for (var narrowed : code.annotationsWithRepeatable(NARROWED, classes)) {
      var isFlag = narrowed.value("isFlag");
      var schema =
          isFlag != null && isFlag.asBoolean()
              ? OASFactory.createSchema().addType(SchemaType.BOOLEAN).defaultValue(false)
              : text();
      operation.addParameter(
          parameter(narrowed.value("by").asString(), Parameter.In.QUERY, schema)
              .description("Only " + narrowed.value("to").asString() + "."));
    }
  }

  private static void addPaging(Operation operation) {
    operation.addParameter(
        parameter("after", Parameter.In.QUERY, text())
            .description("The nextPage of the page before, in the same order."));
    operation.addParameter(
        parameter(
                "limit",
                Parameter.In.QUERY,
                OASFactory.createSchema()
                    .addType(SchemaType.INTEGER)
                    .minimum(java.math.BigDecimal.ONE)
                    .maximum(java.math.BigDecimal.valueOf(120))
                    .defaultValue(20))
            .description("How many items a page has at most."));
    operation.addParameter(
        parameter(
            "order",
            Parameter.In.QUERY,
            text().enumeration(List.of("asc", "desc")).defaultValue("desc")));
  }

  private static void error(Operation operation, String status) {
    // Quarkus describes a 400 of its own.
    if (operation.getResponses().getAPIResponse(status) == null || status.equals("400")) {
      error(operation, status, ERRORS.getOrDefault(status, ""));
    }
  }

  private static void error(Operation operation, String status, String when) {
    operation
        .getResponses()
        .addAPIResponse(status, OASFactory.createAPIResponse().description(when));
  }

  private static void complete(String status, APIResponse response) {
    if (!status.startsWith("2") && response.getContent() == null) {
      response.setContent(json(reference(Schemas.ERROR)));
    }
    response.addHeader(
        "X-Request-Id",
        OASFactory.createHeader()
            .description("The reference by which the log names the request.")
            .schema(text()));
    switch (status) {
      case "401" ->
          response.addHeader(
              "WWW-Authenticate", OASFactory.createHeader().description("Bearer").schema(text()));
      case "429", "503" ->
          response.addHeader(
              "Retry-After",
              OASFactory.createHeader()
                  .description("Seconds after which to try again.")
                  .schema(OASFactory.createSchema().addType(SchemaType.INTEGER)));
      default -> {}
    }
  }

  private static org.eclipse.microprofile.openapi.models.media.Content json(Schema schema) {
    return OASFactory.createContent()
        .addMediaType("application/json", OASFactory.createMediaType().schema(schema));
  }

  /** Adds an answer of success. */
  static void answer(Operation operation, String status, String what, Schema schema) {
    operation.setResponses(
        OASFactory.createAPIResponses()
            .addAPIResponse(
                status, OASFactory.createAPIResponse().description(what).content(json(schema))));
    error(operation, "503");
    operation.getResponses().getAPIResponses().forEach(Operations::complete);
  }
}
