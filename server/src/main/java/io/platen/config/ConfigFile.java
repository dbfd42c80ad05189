package io.platen.config;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.NullNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import io.platen.database.Database;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The configuration: options of the command line come before environment variables, those before
 * the YAML file, and that before the defaults. {@link Settings} says what there is.
 */
public final class ConfigFile {
<<<<<<< HEAD
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
=======
  private ConfigFile() {}
>>>>>>> main

  /**
   * Reads the configuration, with the environment of this process.
   *
   * @param file null for none
   * @param host as given on the command line, null where it was not; so are {@code port} and {@code
   *     data}
   * @throws ConfigException naming all that is wrong with it
   */
  public static ServerConfig read(
      @Nullable Path file, @Nullable String host, @Nullable Integer port, @Nullable Path data)
      throws ConfigException, IOException {
    return read(file, System.getenv(), host, port, data);
  }

  static ServerConfig read(
      @Nullable Path file,
      Map<String, String> environment,
      @Nullable String host,
      @Nullable Integer port,
      @Nullable Path data)
      throws ConfigException, IOException {
    JsonNode root = file == null ? NullNode.instance : tree(file);
    var binding = new SettingsBinding();
    binding.file(root);
    binding.environment(environment);
    var settings = binding.bind();
    if (settings.isEmpty()) {
      throw new ConfigException(
          file == null ? "the environment" : file.toString(), binding.problems());
    }
    return config(settings.get(), host, port, data);
  }

  private static JsonNode tree(Path file) throws ConfigException, IOException {
    try {
      return new YAMLMapper().readTree(Files.readString(file));
    } catch (JsonProcessingException e) {
      throw new ConfigException(file.toString(), List.of("is not YAML: " + e.getOriginalMessage()));
    }
  }

  private static ServerConfig config(
      Settings settings, @Nullable String host, @Nullable Integer port, @Nullable Path data) {
    var directory = new DataDirectory(data != null ? data : Path.of(settings.data()));
    return new ServerConfig(
        host != null ? host : settings.host(),
        port != null ? port : settings.port(),
        directory,
        settings.database().orElseGet(() -> Database.sqliteUrl(directory.database())),
        settings.database().isPresent(),
        settings.catalog().map(Path::of).orElse(null),
        settings
            .rateLimit()
            .map(limit -> new RateLimit(limit.requestsPerSecond(), limit.burst()))
            .orElse(null),
        upkeep(settings.upkeep()),
        http(settings.http()),
        new HypervisorSettings(
            settings.hypervisor(),
            settings.libvirtUri(),
            settings.libvirtNetwork(),
            settings.acceleration(),
            settings.stopTimeoutSeconds()));
  }

<<<<<<< HEAD
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
=======
  private static UpkeepConfig upkeep(Settings.Upkeep upkeep) {
>>>>>>> main
    return new UpkeepConfig(
        upkeep.collectHours(),
        upkeep.cacheGb(),
        upkeep.scrubDays(),
        upkeep.scrubMegabytesPerSecond());
  }

  private static HttpTimes http(Settings.Http http) {
    return new HttpTimes(http.receiveSeconds(), http.idleSeconds(), http.answerSeconds());
  }
}
