package io.platen.rest;

import io.platen.model.Gigabytes;
import java.lang.reflect.Constructor;
import java.lang.reflect.Field;
import java.lang.reflect.RecordComponent;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.jspecify.annotations.Nullable;

/**
 * How the fields of a body become the components of a record: by their types and annotations, the
 * same that describe them in the OpenAPI document.
 */
final class RecordBinding<T extends Record> {
  private static final ClassValue<RecordBinding<?>> KNOWN =
      new ClassValue<>() {
        @Override
        protected RecordBinding<?> computeValue(Class<?> type) {
          return new RecordBinding<>(type.asSubclass(Record.class));
        }
      };

  private final Constructor<T> constructor;
  private final List<Part> parts;
  private final Set<String> names;

  private RecordBinding(Class<T> type) {
    parts = Stream.of(type.getRecordComponents()).map(one -> Part.of(type, one)).toList();
    names = parts.stream().map(Part::name).collect(Collectors.toUnmodifiableSet());
    try {
      constructor =
          type.getDeclaredConstructor(parts.stream().map(Part::type).toArray(Class<?>[]::new));
    } catch (NoSuchMethodException e) {
      throw new IllegalStateException("every record has this constructor", e);
    }
    // Records of bodies are not public.
    constructor.setAccessible(true);
  }

  @SuppressWarnings("unchecked") // computeValue makes a binding of the class that it is asked for.
  static <T extends Record> RecordBinding<T> of(Class<T> type) {
    return (RecordBinding<T>) KNOWN.get(type);
  }

  Set<String> names() {
    return names;
  }

  T read(JsonBody body) {
    try {
      return constructor.newInstance(parts.stream().map(part -> part.read(body)).toArray());
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException("a record that can't be made", e);
    }
  }

  /** A component: a String, boolean, int or list of Strings; Boolean or Integer where optional. */
  private record Part(
      String name,
      Class<?> type,
      boolean required,
      boolean nullable,
      boolean isName,
      @Nullable Lines lines,
      @Nullable SettingOf settingOf,
      List<String> enumeration,
      int minimum,
      int maximum,
      boolean byDefault) {
    static Part of(Class<?> record, RecordComponent component) {
      var field = field(record, component);
      var schema = field.getAnnotation(Schema.class);
      return new Part(
          component.getName(),
          component.getType(),
          schema != null && schema.required(),
          schema != null && schema.nullable(),
          field.isAnnotationPresent(Name.class),
          field.getAnnotation(Lines.class),
          field.getAnnotation(SettingOf.class),
          enumeration(field, schema),
          schema == null || schema.minimum().isEmpty()
              ? Integer.MIN_VALUE
              : Integer.parseInt(schema.minimum()),
          schema == null || schema.maximum().isEmpty()
              ? Integer.MAX_VALUE
              : Integer.parseInt(schema.maximum()),
          schema != null && schema.defaultValue().equals("true"));
    }

    private static List<String> enumeration(Field field, @Nullable Schema schema) {
      if (field.isAnnotationPresent(DiskSize.class)) {
        return Gigabytes.SIZES.stream().map(String::valueOf).toList();
      }
      return schema == null ? List.of() : Arrays.asList(schema.enumeration());
    }

    private static Field field(Class<?> record, RecordComponent component) {
      try {
        return record.getDeclaredField(component.getName());
      } catch (NoSuchFieldException e) {
        throw new IllegalStateException("every component has a field", e);
      }
    }

    @Nullable Object read(JsonBody body) {
      if (type == String.class) {
        return text(body);
      }
      if (type == boolean.class) {
        return body.flag(name).orElse(byDefault);
      }
      if (type == Boolean.class) {
        return body.flag(name).orElse(null);
      }
      if (type == int.class) {
        int number = integer(body);
        return number;
      }
      if (type == Integer.class) {
        return body.has(name) && !isLeftOut(body) ? integer(body) : null;
      }
      if (type == List.class) {
        return body.texts(name);
      }
      throw new IllegalStateException("no field of a body can be a " + type);
    }

    private boolean isLeftOut(JsonBody body) {
      return settingOf != null
          && body.has(settingOf.value())
          && !body.asks(settingOf.value())
          && !body.asks(name);
    }

    private @Nullable String text(JsonBody body) {
      if (nullable && body.isNull(name)) {
        return null;
      }
      if (isName) {
        return required ? body.requiredName(name) : body.name(name).orElse(null);
      }
      if (lines != null) {
        return lines(body, lines);
      }
      String text = required ? body.requiredText(name) : body.line(name).orElse(null);
      if (text != null
          && !enumeration.isEmpty()
          && !enumeration.contains(text)
          && !body.issues().has(name)) {
        body.issues()
            .add(name, "\"%s\" is not one of %s".formatted(text, String.join(", ", enumeration)));
      }
      return text;
    }

    private @Nullable String lines(JsonBody body, Lines limits) {
      if (required || (body.has(name) && !limits.mayBeEmpty())) {
        return body.requiredLines(name, limits.bytes());
      }
      return body.lines(name, limits.bytes()).orElse(null);
    }

    private int integer(JsonBody body) {
      var sent = required ? body.requiredInteger(name) : body.integer(name);
      if (sent.isEmpty()) {
        return 0;
      }
      long number = sent.get();
      if (!enumeration.isEmpty() && !enumeration.contains(Long.toString(number))) {
        body.issues().add(name, "must be one of " + String.join(", ", enumeration));
        return 0;
      }
      if (number < minimum || number > maximum) {
        body.issues()
            .add(
                name, "%d is not a whole number from %d to %d".formatted(number, minimum, maximum));
        return 0;
      }
      return (int) number;
    }
  }
}
