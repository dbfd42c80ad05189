package io.platen.config;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.NullNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import io.platen.database.Database;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;

/**
 * The configuration: options of the command line come before environment variables, those before
 * the YAML file, and that before the defaults. {@link Settings} says what there is.
 */
public final class ConfigFile {
  private ConfigFile() {}

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
    StoresConfig stores = StoresConfig.NONE;
    StoresBinding storesBinding = null;
    if (file != null && root instanceof ObjectNode settings) {
      storesBinding = new StoresBinding(file, binding.problems());
      stores =
          storesBinding.bind(
              settings.remove(StoresBinding.STORES), settings.remove(StoresBinding.REGIONS));
    }
    binding.file(root);
    binding.environment(environment);
    var settings = binding.bind();
    if (settings.isEmpty()) {
      throw new ConfigException(
          file == null ? "the environment" : file.toString(), binding.problems());
    }
    String own =
        storesBinding == null ? "" : storesBinding.own(stores, settings.get().region().orElse(""));
    if (!binding.problems().isEmpty()) {
      throw new ConfigException(String.valueOf(file), binding.problems());
    }
    return config(settings.get(), host, port, data, own, stores);
  }

  private static JsonNode tree(Path file) throws ConfigException, IOException {
    try {
      return new YAMLMapper().readTree(Files.readString(file));
    } catch (JsonProcessingException e) {
      throw new ConfigException(file.toString(), List.of("is not YAML: " + e.getOriginalMessage()));
    }
  }

  private static ServerConfig config(
      Settings settings,
      @Nullable String host,
      @Nullable Integer port,
      @Nullable Path data,
      String ownStore,
      StoresConfig stores) {
    var directory = new DataDirectory(data != null ? data : Path.of(settings.data()));
    return new ServerConfig(
        host != null ? host : settings.host(),
        port != null ? port : settings.port(),
        directory,
        settings.database().orElseGet(() -> Database.sqliteUrl(directory.database())),
        settings.database().isPresent(),
        settings.node().orElseGet(HostName::forNode),
        settings.region().orElse(null),
        settings.nodeAddress().orElse(null),
        new Overcommit(
            settings.overcommit().cpus(),
            settings.overcommit().memory(),
            settings.overcommit().disk()),
        settings.catalog().map(Path::of).orElse(null),
        settings
            .rateLimit()
            .map(limit -> new RateLimit(limit.requestsPerSecond(), limit.burst()))
            .orElse(null),
        settings.tls().map(ConfigFile::tls).orElse(null),
        settings.notices().map(ConfigFile::notify).orElse(null),
        upkeep(settings),
        http(settings.http()),
        settings.http().trustedProxies().orElse(TrustedProxies.NONE),
        new HypervisorSettings(
            settings.hypervisor(),
            settings.libvirtUri(),
            settings.libvirtNetwork(),
            settings.acceleration(),
            settings.stopTimeoutSeconds(),
            settings.libvirtTimeoutSeconds(),
            settings.publicIps().withPerTeam(settings.publicIpsPerTeam())),
        stores.buckets().get(ownStore),
        stores.directories().get(ownStore),
        stores);
  }

  private static TlsFiles tls(Settings.Tls tls) {
    return new TlsFiles(
        Path.of(tls.certificate()),
        Path.of(tls.key()),
        tls.plainPort().map(OptionalInt::of).orElseGet(OptionalInt::empty));
  }

  private static NotifySettings notify(Settings.Notify notify) {
    return new NotifySettings(
        notify.url(),
        Path.of(notify.secretFile()),
        (long) notify.storeFreeGb().orElse(NotifySettings.DEFAULT_STORE_FREE_GB) << 30);
  }

  private static UpkeepConfig upkeep(Settings settings) {
    var upkeep = settings.upkeep();
    return new UpkeepConfig(
        upkeep.collectHours(),
        upkeep.cacheGb(),
        upkeep.scrubDays(),
        upkeep.scrubMegabytesPerSecond(),
        upkeep.backupTime(),
        settings.undeleteDays());
  }

  private static HttpTimes http(Settings.Http http) {
    return new HttpTimes(http.receiveSeconds(), http.idleSeconds(), http.answerSeconds());
  }
}
