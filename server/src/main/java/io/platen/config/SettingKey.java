package io.platen.config;

import io.smallrye.config.WithConverter;
import io.smallrye.config.WithDefault;
import io.smallrye.config.WithName;
import java.lang.reflect.Method;
import java.lang.reflect.ParameterizedType;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * One setting of {@link Settings}.
 *
 * @param name as it stands in the file, such as {@code upkeep.cacheGb}
 * @param method what declares it
 */
record SettingKey(String name, Method method) {
  static final List<SettingKey> ALL = keys("", Settings.class);

  private static List<SettingKey> keys(String prefix, Class<?> group) {
    var keys = new ArrayList<SettingKey>();
    for (var method : group.getDeclaredMethods()) {
      String name = prefix + name(method);
      var type = type(method);
      if (type.isInterface()) {
        keys.addAll(keys(name + ".", type));
      } else {
        keys.add(new SettingKey(name, method));
      }
    }
    // The JDK promises no order of methods.
    keys.sort(Comparator.comparing(SettingKey::name));
    return List.copyOf(keys);
  }

  private static String name(Method method) {
    var name = method.getAnnotation(WithName.class);
    return name == null ? method.getName() : name.value();
  }

  /** What a method answers, or answers an Optional of. */
  private static Class<?> type(Method method) {
    if (method.getReturnType() == Optional.class) {
      var of = (ParameterizedType) method.getGenericReturnType();
      return (Class<?>) of.getActualTypeArguments()[0];
    }
    return method.getReturnType();
  }

  /** The environment variable that sets it, such as {@code PLATEN_UPKEEP_CACHE_GB}. */
  String variable() {
    return "PLATEN_" + name.replaceAll("([A-Z])", "_$1").replace('.', '_').toUpperCase(Locale.ROOT);
  }

  /** As it would stand in the file; empty where there is none. */
  Optional<String> defaultValue() {
    return Optional.ofNullable(method.getAnnotation(WithDefault.class)).map(WithDefault::value);
  }

  /** What values it takes, in words. */
  String accepted() {
    var converter = method.getAnnotation(WithConverter.class).value();
    try {
      return ((Value<?>) converter.getConstructor().newInstance()).accepted();
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException(converter + " can't be made", e);
    }
  }

  String meaning() {
    return method.getAnnotation(Meaning.class).value();
  }
}
