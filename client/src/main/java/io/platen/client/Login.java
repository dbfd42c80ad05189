package io.platen.client;

import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Map;
import java.util.Optional;

/**
 * The server that commands talk to, and the key they do it with.
 *
 * @param url the base of the API, without a slash at its end
 * @param key an API key
 */
record Login(String url, String key) {
  static final String URL_VARIABLE = "PAPERSPACE_API_URL";
  static final String KEY_VARIABLE = "PAPERSPACE_API_KEY";
  static final String DEFAULT_URL = "http://127.0.0.1:8080/v1";

  private static final JsonMapper MAPPER = new JsonMapper();

  /** The file of a user's login; XDG Base Directory Specification. */
  static Path file(Map<String, String> environment) {
    String config = environment.getOrDefault("XDG_CONFIG_HOME", "");
    var base =
        config.isEmpty()
            ? Path.of(environment.getOrDefault("HOME", System.getProperty("user.home")), ".config")
            : Path.of(config);
    return base.resolve("platen").resolve("login.json");
  }

  /**
   * What the environment says, else the file. A key in the file goes to the server it was given for
   * and to no other.
   *
   * @throws IOException where there is no key, or the file can't be read
   */
  static Login find(Map<String, String> environment) throws IOException {
    var saved = read(file(environment));
    String url = environment.getOrDefault(URL_VARIABLE, "");
    url = url.isEmpty() ? saved.map(Login::url).orElse(DEFAULT_URL) : withoutSlash(url);
    String key = environment.getOrDefault(KEY_VARIABLE, "");
    if (!key.isEmpty()) {
      return new Login(url, key);
    }
    if (saved.isPresent() && saved.get().url().equals(url)) {
      return saved.get();
    }
    throw new IOException(
        "there is no API key for %s: run \"platen login %s\", or set %s"
            .formatted(url, url, KEY_VARIABLE));
  }

  static String withoutSlash(String url) {
    return url.endsWith("/") ? url.substring(0, url.length() - 1) : url;
  }

  private static Optional<Login> read(Path file) throws IOException {
    try {
      var login = MAPPER.readTree(Files.readAllBytes(file));
      String url = login.path("url").asText();
      String key = login.path("key").asText();
      if (url.isEmpty() || key.isEmpty()) {
        throw new IOException(file + " holds no login: remove it, and run \"platen login\" again");
      }
      return Optional.of(new Login(url, key));
    } catch (NoSuchFileException e) {
      return Optional.empty();
    }
  }

  /** Writes it to a file that no other user can read, in place of the one before. */
  void save(Path file) throws IOException {
    var directory = file.toAbsolutePath().getParent();
    if (directory == null) {
      throw new IOException(file + " is no place for a login");
    }
    Files.createDirectories(directory);
    var owner = PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------"));
    var written = Files.createTempFile(directory, "login", ".new", owner);
    try {
      Files.write(written, MAPPER.writeValueAsBytes(Map.of("url", url, "key", key)));
      Files.move(written, file, StandardCopyOption.ATOMIC_MOVE);
    } finally {
      Files.deleteIfExists(written);
    }
  }

  /** Without the key, which is a secret. */
  @Override
  public String toString() {
    return "Login[" + url + "]";
  }
}
