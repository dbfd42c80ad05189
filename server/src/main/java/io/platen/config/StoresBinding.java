package io.platen.config;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Reads {@code stores} and {@code regions}, whose keys are names that people choose. */
final class StoresBinding {
  static final String STORES = "stores";
  static final String REGIONS = "regions";

  private static final Set<String> KEYS =
      Set.of(
          "endpoint",
          "bucket",
          "prefix",
          "region",
          "accessKey",
          "secretKey",
          "credentialsFile",
          "authority");

  /** As S3's documentation has it; servers that allow more are few. */
  private static final Pattern BUCKET = Pattern.compile("[a-z0-9][a-z0-9._-]{1,61}[a-z0-9]");

  private static final Pattern PREFIX =
      Pattern.compile("([A-Za-z0-9_][A-Za-z0-9._-]*(/[A-Za-z0-9_][A-Za-z0-9._-]*)*)?");

  private static final Set<PosixFilePermission> OTHERS =
      Set.of(PosixFilePermission.GROUP_READ, PosixFilePermission.OTHERS_READ);

  private final Path file;
  private final List<String> problems;

  /**
   * @param file the configuration's, which must be its owner's alone where it holds a secret
   * @param problems what is wrong is added to these
   */
  StoresBinding(Path file, List<String> problems) {
    this.file = file;
    this.problems = problems;
  }

  /** The stores and their regions; incomplete where something is wrong. */
  StoresConfig bind(@Nullable JsonNode stores, @Nullable JsonNode regions) throws IOException {
    if (stores == null) {
      if (regions != null) {
        problems.add("regions: needs stores, which it names");
      }
      return StoresConfig.NONE;
    }
    if (!stores.isObject() || stores.isEmpty()) {
      problems.add("stores: must be names of stores, each with a key s3 or directory");
      return StoresConfig.NONE;
    }
    Set<String> names =
        stores.properties().stream()
            .map(Map.Entry::getKey)
            .collect(Collectors.toCollection(TreeSet::new));
    Map<String, String> used = used(regions, names);
    Map<String, S3Config> buckets = new TreeMap<>();
    Map<String, DirectoryStore> directories = new TreeMap<>();
    for (String name : names) {
      JsonNode directory = stores.get(name).get("directory");
      if (directory != null && stores.get(name).size() == 1) {
        directory(name, directory.asText(), directories);
        continue;
      }
      S3Config read = store(name, stores.get(name));
      if (read != null) {
        buckets.put(name, read);
      }
    }
    if (regions == null && names.size() > 1) {
      problems.add(
          "regions: is missing; it says which region uses which of the stores %s"
              .formatted(String.join(", ", names)));
    }
    return new StoresConfig(buckets, directories, used);
  }

  private void directory(String name, String path, Map<String, DirectoryStore> directories) {
    if (path.startsWith("/") && path.length() > 1) {
      directories.put(name, new DirectoryStore(name, Path.of(path).normalize()));
    } else {
      problems.add(
          "stores.%s.directory: must be an absolute path such as /srv/store".formatted(name));
    }
  }

  /**
   * The name of the store that a node uses; empty for that in the data directory, or where
   * something is wrong.
   *
   * @param region that of the node, as the configuration says it; empty for every one
   */
  String own(StoresConfig stores, String region) {
    if (stores.isEmpty()) {
      return "";
    }
    var name = stores.of(region);
    if (name.isEmpty()) {
      problems.add(
          region.isEmpty()
              ? "region: is missing; this node's decides which of the stores it uses (%s)"
                  .formatted(String.join(", ", new TreeSet<>(stores.regions().keySet())))
              : "region: \"%s\" has no store; regions has %s"
                  .formatted(region, String.join(", ", new TreeSet<>(stores.regions().keySet()))));
      return "";
    }
    return name.get();
  }

  private Map<String, String> used(@Nullable JsonNode regions, Set<String> names) {
    Map<String, String> used = new TreeMap<>();
    if (regions == null) {
      return used;
    }
    if (!regions.isObject() || regions.isEmpty()) {
      problems.add("regions: must be regions, each with the name of a store");
      return used;
    }
    regions
        .properties()
        .forEach(
            region -> {
              String name = region.getValue().asText();
              if (names.contains(name)) {
                used.put(region.getKey(), name);
              } else {
                problems.add(
                    "regions.%s: \"%s\" is no store; there are %s"
                        .formatted(region.getKey(), name, String.join(", ", names)));
              }
            });
    return used;
  }

  private @Nullable S3Config store(String name, JsonNode node) throws IOException {
    String at = "stores.%s".formatted(name);
    JsonNode s3 = node.get("s3");
    if (s3 == null || !s3.isObject() || node.size() > 1) {
      problems.add(
          "%s: must have the key s3 or the key directory, and no other; without stores, the store is in the data directory"
              .formatted(at));
      return null;
    }
    int before = problems.size();
    s3.properties()
        .forEach(
            entry -> {
              if (!KEYS.contains(entry.getKey())) {
                problems.add(
                    "%s.s3.%s is no setting; there are %s"
                        .formatted(at, entry.getKey(), String.join(", ", new TreeSet<>(KEYS))));
              } else if (!entry.getValue().isValueNode()) {
                problems.add("%s.s3.%s: must be a text".formatted(at, entry.getKey()));
              }
            });
    String bucket = text(s3, "bucket");
    if (bucket == null || !BUCKET.matcher(bucket).matches()) {
      problems.add(
          "%s.s3.bucket: must be the name of a bucket: 3 to 63 small letters, digits, points and dashes"
              .formatted(at));
    }
    String prefix = text(s3, "prefix");
    if (prefix != null && !PREFIX.matcher(prefix).matches()) {
      problems.add(
          "%s.s3.prefix: must be a path such as platen/store, without a slash at its ends"
              .formatted(at));
    }
    URI endpoint = endpoint(at, text(s3, "endpoint"));
    S3Config.Keys keys = keys(at, s3);
    if (problems.size() > before || bucket == null) {
      return null;
    }
    String region = text(s3, "region");
    String authority = text(s3, "authority");
    return new S3Config(
        name,
        endpoint,
        bucket,
        prefix == null ? "" : prefix,
        region == null ? "us-east-1" : region,
        keys,
        authority == null ? null : Path.of(authority));
  }

  private static @Nullable String text(JsonNode node, String key) {
    JsonNode value = node.get(key);
    return value == null || value.isNull() || value.asText().isBlank() ? null : value.asText();
  }

  private @Nullable URI endpoint(String at, @Nullable String text) {
    if (text == null) {
      return null;
    }
    try {
      URI uri = URI.create(text);
      boolean plain =
          uri.getHost() != null
              && uri.getUserInfo() == null
              && uri.getQuery() == null
              && Set.of("http", "https").contains(String.valueOf(uri.getScheme()));
      if (plain) {
        return uri;
      }
    } catch (IllegalArgumentException e) {
      problems.add("%s.s3.endpoint: is no URL: %s".formatted(at, e.getMessage()));
      return null;
    }
    problems.add("%s.s3.endpoint: must be a URL such as http://127.0.0.1:9000".formatted(at));
    return null;
  }

  private S3Config.@Nullable Keys keys(String at, JsonNode s3) throws IOException {
    String named = text(s3, "credentialsFile");
    if (named == null) {
      return keys(at + ".s3", s3, file);
    }
    if (s3.has("accessKey") || s3.has("secretKey")) {
      problems.add("%s.s3: has keys and a credentialsFile; leave one out".formatted(at));
      return null;
    }
    Path path = Path.of(named);
    try {
      var keys = keys(named, new YAMLMapper().readTree(Files.readString(path)), path);
      if (keys == null) {
        problems.add("%s: must have the keys accessKey and secretKey".formatted(named));
      }
      return keys;
    } catch (JsonProcessingException e) {
      // The parser's message may quote the line.
      problems.add("%s: is not YAML".formatted(named));
    } catch (IOException e) {
      problems.add("%s.s3.credentialsFile: %s can't be read".formatted(at, named));
    }
    return null;
  }

  private S3Config.@Nullable Keys keys(String at, JsonNode node, Path holder) throws IOException {
    String accessKey = text(node, "accessKey");
    String secretKey = text(node, "secretKey");
    if (accessKey == null && secretKey == null) {
      return null;
    }
    if (accessKey == null || secretKey == null) {
      problems.add("%s: accessKey and secretKey belong together; one is missing".formatted(at));
      return null;
    }
    if (Files.getPosixFilePermissions(holder).stream().anyMatch(OTHERS::contains)) {
      problems.add(
          "%s holds a secret and may be read by others: chmod 600 %s".formatted(holder, holder));
      return null;
    }
    return new S3Config.Keys(accessKey, secretKey);
  }
}
