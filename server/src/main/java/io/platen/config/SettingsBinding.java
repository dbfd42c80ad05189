package io.platen.config;

import com.fasterxml.jackson.databind.JsonNode;
import io.smallrye.config.ConfigValidationException;
import io.smallrye.config.PropertiesConfigSource;
import io.smallrye.config.SmallRyeConfigBuilder;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * Binds {@link Settings} to a file and the environment, and collects all that is wrong with them.
 * SmallRye Config is used bare: it looks for no sources and no converters of its own.
 */
final class SettingsBinding {
  private static final String PREFIX = "PLATEN_";

  /** Variables that the launcher sets, or that are no setting. */
  private static final Set<String> OTHERS =
      Set.of("PLATEN_HOME", "PLATEN_JAVA", "PLATEN_COMMAND", "PLATEN_CONFIG", "PLATEN_DEBUG");

  /** The environment comes before the file. */
  private static final int FILE = 100;

  private static final int ENVIRONMENT = 300;

  /** What the library says of a value that its kind refused, and of one that is missing. */
  private static final Pattern REFUSED =
      Pattern.compile(
          "SRCFG00039: The config property (\\S+) .*? whilst being converted (.*)", Pattern.DOTALL);

  private static final Pattern MISSING =
      Pattern.compile("SRCFG00014: The config property (\\S+) is required.*", Pattern.DOTALL);

  private final Map<String, String> file = new HashMap<>();
  private final Map<String, String> environment = new HashMap<>();
  private final List<String> problems = new ArrayList<>();

  /** All that was found wrong. */
  List<String> problems() {
    return problems;
  }

  /** Takes what the file says. */
  void file(JsonNode root) {
    if (root.isObject()) {
      root.properties().forEach(entry -> flatten(entry.getKey(), entry.getValue()));
    } else if (!root.isNull() && !root.isMissingNode()) {
      problems.add("must be a list of \"key: value\" lines");
    }
  }

  private void flatten(String name, JsonNode value) {
    if (value.isObject()) {
      value.properties().forEach(e -> flatten(name + "." + e.getKey(), e.getValue()));
    } else if (!isSetting(name)) {
      problems.add(unknown(name, SettingKey::name));
    } else if (value.isArray() || value.isNull() || value.asText().isBlank()) {
      problems.add("%s: must be %s".formatted(name, setting(name).accepted()));
    } else {
      file.put(name, value.asText());
    }
  }

  /** Takes the variables that begin with PLATEN_; one that is empty is as good as none. */
  void environment(Map<String, String> variables) {
    var names =
        SettingKey.ALL.stream().collect(Collectors.toMap(SettingKey::variable, SettingKey::name));
    variables.forEach(
        (variable, value) -> {
          if (!variable.startsWith(PREFIX) || OTHERS.contains(variable) || value.isBlank()) {
            return;
          }
          var name = names.get(variable);
          if (name == null) {
            problems.add(unknown(variable, SettingKey::variable));
          } else {
            environment.put(name, value);
          }
        });
  }

  private static boolean isSetting(String name) {
    return SettingKey.ALL.stream().anyMatch(key -> key.name().equals(name));
  }

  private static SettingKey setting(String name) {
    return SettingKey.ALL.stream().filter(key -> key.name().equals(name)).findFirst().orElseThrow();
  }

  private static String unknown(String name, Function<SettingKey, String> named) {
    var within =
        SettingKey.ALL.stream()
            .map(named)
            .filter(key -> key.startsWith(name + "."))
            .map(key -> key.substring(name.length() + 1))
            .toList();
    if (!within.isEmpty()) {
      return "%s: must have some of the keys %s".formatted(name, String.join(", ", within));
    }
    var nearest =
        SettingKey.ALL.stream()
            .map(named)
            .min(Comparator.comparingInt(key -> distance(name, key)))
            .orElseThrow();
    return "\"%s\" is no setting; did you mean \"%s\"?".formatted(name, nearest);
  }

  /** The settings; empty where something is wrong. */
  Optional<Settings> bind() {
    try {
      var settings =
          new SmallRyeConfigBuilder()
              .withMapping(Settings.class, "")
              .withSources(
                  new PropertiesConfigSource(environment, "environment", ENVIRONMENT),
                  new PropertiesConfigSource(file, "file", FILE))
              .build()
              .getConfigMapping(Settings.class, "");
      return problems.isEmpty() ? Optional.of(settings) : Optional.empty();
    } catch (ConfigValidationException e) {
      for (int i = 0; i < e.getProblemCount(); i++) {
        problems.add(problem(e.getProblem(i).getMessage()));
      }
      return Optional.empty();
    }
  }

  private String problem(String message) {
    Matcher refused = REFUSED.matcher(message);
    if (refused.find()) {
      return "%s: %s".formatted(place(refused.group(1)), refused.group(2));
    }
    Matcher missing = MISSING.matcher(message);
    if (missing.find()) {
      String name = missing.group(1);
      return "%s: is missing; it must be %s".formatted(name, setting(name).accepted());
    }
    return message;
  }

  /** Where a setting has its value from, as people wrote it. */
  private String place(String name) {
    return environment.containsKey(name) ? setting(name).variable() : name;
  }

  /** Levenshtein's distance: how many letters to insert, delete or replace. */
  private static int distance(String a, String b) {
    int[] row = new int[b.length() + 1];
    for (int j = 0; j <= b.length(); j++) {
      row[j] = j;
    }
    for (int i = 1; i <= a.length(); i++) {
      int diagonal = row[0];
      row[0] = i;
      for (int j = 1; j <= b.length(); j++) {
        int replaced = diagonal + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1);
        diagonal = row[j];
        row[j] = Math.min(replaced, 1 + Math.min(row[j], row[j - 1]));
      }
    }
    return row[b.length()];
  }
}
