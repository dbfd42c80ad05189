package io.platen.http;

import io.platen.rest.ApiException;
import io.platen.rest.ErrorCode;
import jakarta.enterprise.inject.Any;
import jakarta.enterprise.inject.spi.BeanManager;
import jakarta.inject.Singleton;
import jakarta.ws.rs.HttpMethod;
import jakarta.ws.rs.Path;
import java.lang.annotation.Annotation;
import java.lang.reflect.Method;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Pattern;

/**
 * Which methods there are at a path, for those who tried another one: RFC 9110, section 15.5.6,
 * wants them named, and Quarkus does not.
 */
@Singleton
public final class AllowedMethods {
  /** A parameter of a path's template: {name}, or {name:expression}. */
  private static final Pattern PARAMETER = Pattern.compile("\\{[^:}]+(?::([^}]+))?}");

  /** What Quarkus answers itself, whatever the method. */
  private static final Set<String> OF_QUARKUS =
      Set.of("/v1/openapi.json", "/health", "/health/live", "/health/ready", "/metrics");

  private final Map<String, Set<String>> methods = new TreeMap<>();
  private final List<Endpoint> endpoints = new ArrayList<>();

  private record Endpoint(Pattern path, Set<String> methods) {}

  public AllowedMethods(BeanManager beans) {
    for (var bean : beans.getBeans(Object.class, Any.Literal.INSTANCE)) {
      var type = bean.getBeanClass();
      var path = type.getAnnotation(Path.class);
      if (path != null) {
        for (var method : type.getMethods()) {
          add(path.value(), method);
        }
      }
    }
    OF_QUARKUS.forEach(path -> methods.put(path, new TreeSet<>(Set.of("GET"))));
    methods.forEach((template, known) -> endpoints.add(new Endpoint(pattern(template), known)));
  }

  private void add(String path, Method method) {
    for (Annotation annotation : method.getAnnotations()) {
      var http = annotation.annotationType().getAnnotation(HttpMethod.class);
      if (http != null) {
        var more = method.getAnnotation(Path.class);
        String template = path + (more == null ? "" : more.value());
        methods.computeIfAbsent(template, _ -> new TreeSet<>()).add(http.value());
      }
    }
  }

  static Pattern pattern(String template) {
    var expression = new StringBuilder();
    var parameter = PARAMETER.matcher(template);
    int end = 0;
    while (parameter.find()) {
      String given = parameter.group(1);
      expression
          .append(Pattern.quote(template.substring(end, parameter.start())))
          .append(given == null ? "[^/]+" : "(?:" + given + ")");
      end = parameter.end();
    }
    return Pattern.compile(expression.append(Pattern.quote(template.substring(end))) + "/*");
  }

  /** Whether a path is answered without a look at the method. */
  static boolean isUnguarded(String path) {
    return OF_QUARKUS.contains(path.replaceFirst("/+$", ""));
  }

  /** The methods at a path, in the order of their names; none where there is nothing. */
  Set<String> at(String path) {
    var all = new TreeSet<String>();
    for (var endpoint : endpoints) {
      if (endpoint.path().matcher(path).matches()) {
        all.addAll(endpoint.methods());
      }
    }
    if (all.contains("GET")) {
      all.add("HEAD");
    }
    return all;
  }

  /** The answer to a method that is not supported at a path. */
  static ApiException refusal(String method, Set<String> allowed) {
    return new ApiException(
        ErrorCode.METHOD_NOT_SUPPORTED,
        allowed.isEmpty()
            ? "This method is not supported here."
            : "%s is not supported at this path; what is: %s."
                .formatted(shown(method), String.join(", ", allowed)));
  }

  /** A method may be any token, and as long as a request line. */
  private static String shown(String method) {
    return method.length() > 20 ? "This method" : method;
  }
}
