package io.platen.rest;

import com.fasterxml.jackson.annotation.JsonInclude;
import io.platen.model.Gigabytes;
import io.platen.model.ObjectName;
import java.lang.reflect.Modifier;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.eclipse.microprofile.openapi.OASFactory;
import org.eclipse.microprofile.openapi.models.Components;
import org.eclipse.microprofile.openapi.models.media.Schema;
import org.eclipse.microprofile.openapi.models.media.Schema.SchemaType;
import org.jboss.jandex.ClassInfo;
import org.jboss.jandex.DotName;
import org.jboss.jandex.IndexView;
import org.jspecify.annotations.Nullable;

/**
 * Says of each record what its declaration says: which fields are always there, and which can be
 * null. Answers have no fields beyond; requests may.
 */
final class Schemas {
  static final DotName SCHEMA =
      DotName.createSimple(org.eclipse.microprofile.openapi.annotations.media.Schema.class);
  private static final DotName DISK_SIZE = DotName.createSimple(DiskSize.class);
  private static final DotName NULLABLE = DotName.createSimple(Nullable.class);
  private static final DotName NAME = DotName.createSimple(Name.class);
  private static final DotName LINES = DotName.createSimple(Lines.class);
  private static final DotName INCLUDE = DotName.createSimple(JsonInclude.class);

  /** Records with type parameters have a schema for each argument, named after both. */
  private static final List<String> GENERIC =
      List.of("io.platen.paging.Page", "io.platen.event.DataAndEvent");

  static final String ERROR = "Error";

  /**
   * The schema of dates, as application.properties names it. It is written out wherever it is used:
   * generated clients take a reference to it that may be null for one that may not.
   */
  private static final String DATE = "Date";

  private final Map<String, ClassInfo> records = new HashMap<>();
  private final Map<String, ClassInfo> generic = new HashMap<>();

  Schemas(IndexView classes) {
    for (var annotation : classes.getAnnotations(SCHEMA)) {
      if (annotation.target().kind() == org.jboss.jandex.AnnotationTarget.Kind.CLASS
          && annotation.target().asClass().isRecord()) {
        records.put(annotation.value("name").asString(), annotation.target().asClass());
      }
    }
    for (var name : GENERIC) {
      var found = classes.getClassByName(DotName.createSimple(name));
      if (found == null) {
        throw new IllegalStateException("no class " + name);
      }
      generic.put(found.simpleName(), found);
    }
  }

  void complete(Components components) {
    components.addSchema(ERROR, error());
    components
        .getSchemas()
        .forEach((name, schema) -> record(name).ifPresent(of -> complete(schema, of)));
    components.removeSchema(DATE);
  }

  private Optional<ClassInfo> record(String schema) {
    var named = records.get(schema);
    if (named != null) {
      return Optional.of(named);
    }
    return generic.entrySet().stream()
        .filter(entry -> schema.startsWith(entry.getKey()))
        .map(Map.Entry::getValue)
        .findFirst();
  }

  private static void complete(Schema schema, ClassInfo record) {
    for (var component : record.recordComponents()) {
      if (record.field(component.name()).hasAnnotation(DISK_SIZE)) {
        schema.getProperties().get(component.name()).enumeration(List.copyOf(Gigabytes.SIZES));
      }
    }
    // What a client sends is a record that its resource alone knows.
    boolean request = !Modifier.isPublic(record.flags());
    if (request) {
      limit(schema, record);
      return;
    }
    var described = schema.getProperties();
    // A record without components has none.
    var properties = described == null ? new HashMap<String, Schema>() : new HashMap<>(described);
    var required = new ArrayList<String>();
    for (var component : record.recordComponents()) {
      var property = properties.get(component.name());
      if (property == null) {
        throw new IllegalStateException(
            "schema %s has no %s".formatted(record.name(), component.name()));
      }
      if (property.getRef() != null && property.getRef().endsWith("/" + DATE)) {
        property = OASFactory.createSchema().addType(SchemaType.STRING).format("date-time");
        properties.put(component.name(), property);
      }
      // The annotation of a component goes to its field. A field that is left out is never null.
      boolean leftOut = record.field(component.name()).hasAnnotation(INCLUDE);
      if (!leftOut) {
        required.add(component.name());
      }
      if (!leftOut && component.type().hasAnnotation(NULLABLE)) {
        properties.put(component.name(), orNull(property));
      }
    }
    // In the order of declaration, which is the order in which they are sent.
    var ordered = new LinkedHashMap<String, Schema>();
    for (var component : record.recordComponents()) {
      ordered.put(component.name(), properties.get(component.name()));
    }
    schema.setProperties(ordered);
    schema.setRequired(required);
    schema.setAdditionalPropertiesSchema(OASFactory.createSchema().booleanSchema(false));
  }

  /** Says how long the texts in a body may be. */
  private static void limit(Schema schema, ClassInfo record) {
    for (var component : record.recordComponents()) {
      var field = record.field(component.name());
      var property = schema.getProperties().get(component.name());
      if (field.hasAnnotation(NAME)) {
        property.minLength(1).maxLength(ObjectName.MAXIMUM);
      }
      var lines = field.annotation(LINES);
      if (lines != null) {
        property.maxLength(lines.value("bytes").asInt());
      }
    }
  }

  static Schema orNull(Schema schema) {
    // Null is none of an enumeration's values.
    if (schema.getRef() != null || schema.getEnumeration() != null) {
      return OASFactory.createSchema()
          .addAnyOf(schema)
          .addAnyOf(OASFactory.createSchema().addType(SchemaType.NULL));
    }
    if (!schema.getType().contains(SchemaType.NULL)) {
      schema.addType(SchemaType.NULL);
    }
    return schema;
  }

  /** The schema of {@link ErrorBody}, which no resource returns. */
  private static Schema error() {
    var text = OASFactory.createSchema().addType(SchemaType.STRING);
    var issue =
        object(
            Map.of("path", text, "message", text),
            List.of("path", "message"),
            "A parameter or field, and what is wrong with it.");
    var details =
        object(
            Map.of("issues", OASFactory.createSchema().addType(SchemaType.ARRAY).items(issue)),
            List.of("issues"),
            "With validation errors, but not for clients that send \"x-client: paperspace-cli\".");
    var codes = Arrays.stream(ErrorCode.values()).map(ErrorCode::code).distinct().toList();
    return object(
        Map.of(
            "code",
            OASFactory.createSchema().addType(SchemaType.STRING).enumeration(List.copyOf(codes)),
            "message",
            text,
            "details",
            details),
        List.of("code", "message"),
        "Every answer that is not a success.");
  }

  private static Schema object(Map<String, Schema> properties, List<String> required, String text) {
    return OASFactory.createSchema()
        .addType(SchemaType.OBJECT)
        .description(text)
        // The document is the same after every build; Map.of has an order of its own in each
        // process.
        .properties(new TreeMap<>(properties))
        .required(required)
        .additionalPropertiesSchema(OASFactory.createSchema().booleanSchema(false));
  }
}
