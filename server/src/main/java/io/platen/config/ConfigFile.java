package io.platen.config;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.NullNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import io.platen.database.Database;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * The configuration file, in YAML: {@code host}, {@code port}, {@code data}, {@code database},
 * {@code catalog}, {@code rateLimit} (with {@code requestsPerSecond} and {@code burst}), {@code
 * upkeep} (with {@code collectHours}, {@code cacheGb}, {@code scrubDays} and {@code
 * scrubMegabytesPerSecond}), {@code http} (with {@code receiveSeconds}, {@code idleSeconds} and
 * {@code answerSeconds}; see {@link HttpTimes}), and those of {@link HypervisorSettings}, all
 * optional. Options of the command line come before it.
 */
public final class ConfigFile {
  private static final List<String> KEYS =
      List.of(
          "host",
          "port",
          "data",
          "database",
          "catalog",
          "rateLimit",
          "upkeep",
          "http",
          "hypervisor",
          "libvirtUri",
          "libvirtNetwork",
          "acceleration",
          "stopTimeoutSeconds",
          "publicIps");

  private static final List<String> RATE_LIMIT_KEYS = List.of("requestsPerSecond", "burst");

  private static final List<String> UPKEEP_KEYS =
      List.of("collectHours", "cacheGb", "scrubDays", "scrubMegabytesPerSecond");

  /** Ten years, and more gigabytes and megabytes per second than one host has. */
  private static final int MAXIMUM_HOURS = 87_600;

  private static final int MAXIMUM_DAYS = 3_650;
  private static final int MAXIMUM_CACHE_GB = 1 << 20;
  private static final int MAXIMUM_SPEED = 100_000;
  private static final List<String> HTTP_KEYS =
      List.of("receiveSeconds", "idleSeconds", "answerSeconds");

  /** Whoever needs an hour for a request is not served by waiting. */
  private static final int MAXIMUM_HTTP_SECONDS = 3600;

  /** More than one server of this kind answers. */
  private static final int MAXIMUM_RATE = 1_000_000;

  /** A guest that installs updates while it shuts down takes minutes. */
  private static final int MAXIMUM_STOP_SECONDS = 3600;

  private final Path file;
  private final JsonNode root;
  private final List<String> problems = new ArrayList<>();

  private ConfigFile(Path file, JsonNode root) {
    this.file = file;
    this.root = root;
  }

  /**
   * Reads the configuration.
   *
   * @param file null for none
   * @param host as given on the command line, null where it was not; so are {@code port} and {@code
   *     data}
   */
  public static ServerConfig read(
      @Nullable Path file, @Nullable String host, @Nullable Integer port, @Nullable Path data)
      throws ConfigException, IOException {
    JsonNode root = NullNode.instance;
    var shown = file == null ? Path.of("platen.yaml") : file;
    if (file != null) {
      try {
        root = new YAMLMapper().readTree(Files.readString(file));
      } catch (JsonProcessingException e) {
        throw new ConfigException(file, List.of("is not YAML: " + e.getOriginalMessage()));
      }
    }
    return new ConfigFile(shown, root).read(host, port, data);
  }

  private ServerConfig read(@Nullable String host, @Nullable Integer port, @Nullable Path data)
      throws ConfigException {
    if (!root.isObject() && !root.isNull() && !root.isMissingNode()) {
      problems.add("must be a list of \"key: value\" lines");
    }
    checkKeys("", root, KEYS);
    var directory =
        new DataDirectory(
            data != null ? data : Path.of(text("data", ServerConfig.DEFAULT_DATA.toString())));
    String url = text("database", Database.sqliteUrl(directory.database()));
    if (!url.startsWith("jdbc:sqlite:") && !url.startsWith("jdbc:postgresql:")) {
      problems.add(
          "database: \"%s\" begins with neither jdbc:sqlite: nor jdbc:postgresql:".formatted(url));
    }
    String catalog = text("catalog", "");
    var config =
        new ServerConfig(
            host != null ? host : text("host", ServerConfig.DEFAULT_HOST),
            port != null ? port : port(),
            directory,
            url,
            root.has("database"),
            catalog.isEmpty() ? null : Path.of(catalog),
            rateLimit(),
            upkeep(),
            http(),
            hypervisor());
    if (!problems.isEmpty()) {
      throw new ConfigException(file, problems);
    }
    return config;
  }

  private String text(String key, String otherwise) {
    JsonNode value = root.path(key);
    if (value.isMissingNode()) {
      return otherwise;
    }
    if (!value.isTextual() || value.textValue().isBlank()) {
      problems.add("%s: must be a text".formatted(key));
      return otherwise;
    }
    return value.textValue();
  }

  private int port() {
    JsonNode value = root.path("port");
    if (value.isMissingNode()) {
      return ServerConfig.DEFAULT_PORT;
    }
    if (!value.isInt() || value.intValue() < 0 || value.intValue() > 65_535) {
      problems.add("port: \"%s\" is not a port number".formatted(value.asText()));
      return ServerConfig.DEFAULT_PORT;
    }
    return value.intValue();
  }

  private HypervisorSettings hypervisor() {
    var otherwise = HypervisorSettings.DEFAULT;
    return new HypervisorSettings(
        choice("hypervisor", HypervisorSettings.Mode.class, otherwise.mode()),
        text("libvirtUri", otherwise.uri()),
        text("libvirtNetwork", otherwise.network()),
        choice("acceleration", HypervisorSettings.Acceleration.class, otherwise.acceleration()),
        stopLimit(otherwise.stopLimit()),
        publicIps());
  }

  private PublicIps publicIps() {
    try {
      return PublicIps.of(text("publicIps", "auto"));
    } catch (IllegalArgumentException e) {
      problems.add("publicIps: " + e.getMessage());
      return PublicIps.DEFAULT;
    }
  }

  private <E extends Enum<E>> E choice(String key, Class<E> type, E otherwise) {
    String value = text(key, otherwise.name().toLowerCase(Locale.ROOT));
    var words = new ArrayList<String>();
    for (E constant : type.getEnumConstants()) {
      String word = constant.name().toLowerCase(Locale.ROOT);
      if (word.equals(value)) {
        return constant;
      }
      words.add(word);
    }
    problems.add("%s: \"%s\" is none of %s".formatted(key, value, String.join(", ", words)));
    return otherwise;
  }

  private Duration stopLimit(Duration otherwise) {
    return seconds(
        "stopTimeoutSeconds", root.path("stopTimeoutSeconds"), MAXIMUM_STOP_SECONDS, otherwise);
  }

  private Duration seconds(String name, JsonNode value, int maximum, Duration otherwise) {
    if (value.isMissingNode()) {
      return otherwise;
    }
    if (!value.isInt() || value.intValue() < 1 || value.intValue() > maximum) {
      problems.add(
          "%s: \"%s\" is not a whole number from 1 to %d".formatted(name, value.asText(), maximum));
      return otherwise;
    }
    return Duration.ofSeconds(value.intValue());
  }

  private HttpTimes http() {
    var otherwise = HttpTimes.DEFAULT;
    JsonNode value = root.path("http");
    if (!value.isMissingNode() && !value.isObject()) {
      problems.add("http: must have some of the keys " + String.join(", ", HTTP_KEYS));
      return otherwise;
    }
    checkKeys("http.", value, HTTP_KEYS);
    return new HttpTimes(
        http(value, "receiveSeconds", otherwise.receive()),
        http(value, "idleSeconds", otherwise.idle()),
        http(value, "answerSeconds", otherwise.answer()));
  }

  private Duration http(JsonNode object, String key, Duration otherwise) {
    return seconds("http." + key, object.path(key), MAXIMUM_HTTP_SECONDS, otherwise);
  }

  private @Nullable RateLimit rateLimit() {
    JsonNode value = root.path("rateLimit");
    if (value.isMissingNode()) {
      return null;
    }
    if (!value.isObject()) {
      problems.add("rateLimit: must have the keys requestsPerSecond and burst");
      return null;
    }
    checkKeys("rateLimit.", value, RATE_LIMIT_KEYS);
    JsonNode rate = value.path("requestsPerSecond");
    if (!rate.isNumber() || rate.doubleValue() <= 0 || rate.doubleValue() > MAXIMUM_RATE) {
      problems.add(
          "rateLimit.requestsPerSecond: \"%s\" is not a number above 0 and up to %d"
              .formatted(rate.asText(), MAXIMUM_RATE));
    }
    JsonNode burst = value.path("burst");
    if (!burst.isInt() || burst.intValue() < 1 || burst.intValue() > MAXIMUM_RATE) {
      problems.add(
          "rateLimit.burst: \"%s\" is not a whole number from 1 to %d"
              .formatted(burst.asText(), MAXIMUM_RATE));
    }
    return new RateLimit(rate.doubleValue(), burst.intValue());
  }

  private UpkeepConfig upkeep() {
    JsonNode value = root.path("upkeep");
    if (value.isMissingNode()) {
      return UpkeepConfig.DEFAULT;
    }
    if (!value.isObject()) {
      problems.add("upkeep: must have some of the keys " + String.join(", ", UPKEEP_KEYS));
      return UpkeepConfig.DEFAULT;
    }
    checkKeys("upkeep.", value, UPKEEP_KEYS);
    var usual = UpkeepConfig.DEFAULT;
    return new UpkeepConfig(
        whole(value, "collectHours", usual.collectHours(), 0, MAXIMUM_HOURS),
        whole(value, "cacheGb", usual.cacheGb(), 0, MAXIMUM_CACHE_GB),
        whole(value, "scrubDays", usual.scrubDays(), 0, MAXIMUM_DAYS),
        whole(value, "scrubMegabytesPerSecond", usual.scrubMegabytesPerSecond(), 1, MAXIMUM_SPEED));
  }

  /** A whole number of the upkeep's. */
  private int whole(JsonNode upkeep, String key, int otherwise, int least, int most) {
    JsonNode value = upkeep.path(key);
    if (value.isMissingNode()) {
      return otherwise;
    }
    if (!value.isInt() || value.intValue() < least || value.intValue() > most) {
      problems.add(
          "upkeep.%s: \"%s\" is not a whole number from %d to %d"
              .formatted(key, value.asText(), least, most));
      return otherwise;
    }
    return value.intValue();
  }

  private void checkKeys(String prefix, JsonNode object, List<String> valid) {
    object
        .fieldNames()
        .forEachRemaining(
            key -> {
              if (!valid.contains(key)) {
                problems.add(
                    "\"%s%s\" is no setting; did you mean \"%s%s\"?"
                        .formatted(prefix, key, prefix, nearest(key, valid)));
              }
            });
  }

  private static String nearest(String key, List<String> valid) {
    return valid.stream().min(Comparator.comparingInt(word -> distance(key, word))).orElseThrow();
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
