package io.platen.config;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithConverter;
import io.smallrye.config.WithDefault;
import io.smallrye.config.WithName;
import java.net.URI;
import java.time.Duration;
import java.util.Optional;

/**
 * The settings by name, with their defaults: what the configuration file and the environment are
 * bound to, and what docs/configuration.md is made from.
 *
 * <p>The prefix is there for Quarkus alone, which writes the class behind this interface when
 * Platen is built; nothing is ever set under it.
 */
@ConfigMapping(prefix = "platen.settings", namingStrategy = ConfigMapping.NamingStrategy.VERBATIM)
public interface Settings {
  @Meaning("The address to listen on.")
  @WithDefault(ServerConfig.DEFAULT_HOST)
  @WithConverter(Values.Text.class)
  String host();

  @Meaning("The port to listen on; 0 for any that is free.")
  @WithDefault("8080")
  @WithConverter(Values.Port.class)
  int port();

  @Meaning("The data directory.")
  @WithDefault("data")
  @WithConverter(Values.Text.class)
  String data();

  @Meaning("The database (JDBC). Without it, SQLite in the data directory.")
  @WithConverter(Values.DatabaseUrl.class)
  Optional<String> database();

  @Meaning(
      "The name of this node among those of one PostgreSQL. Without it, the host's. SQLite has one node, without a name.")
  @WithConverter(Values.NodeName.class)
  Optional<String> node();

  @Meaning(
      "The region that this node is in; machines of others are launched elsewhere. Without it, it takes those of every region.")
  @WithConverter(Values.Text.class)
  Optional<String> region();

  @Meaning(
      "Where other nodes reach this one, such as https://10.0.0.1:8080. Without it, where it listens; of a node that listens on all addresses, its host's name.")
  @WithConverter(Values.NodeUrl.class)
  Optional<URI> nodeAddress();

  @Meaning("A YAML file of regions and machine types. Without it, those that come with Platen.")
  @WithConverter(Values.Text.class)
  Optional<String> catalog();

  /** None unless one of its keys is set; then both have to be. */
  Optional<Limit> rateLimit();

  /** None unless one of its keys is set; then certificate and key have to be. */
  Optional<Tls> tls();

  /** None unless one of its keys is set; then URL and secret have to be. */
  @WithName("notify") // Object has a method of that name.
  Optional<Notify> notices();

  Upkeep upkeep();

  @Meaning(
      "For how many days deleted templates and snapshots can be undeleted, and take their place in the store; 0 for not at all.")
  @WithDefault("7")
  @WithConverter(Values.Days.class)
  int undeleteDays();

  Http http();

  Overcommitting overcommit();

  @Meaning("Where machines run: `auto` where libvirt answers, `libvirt` always, `none` not at all.")
  @WithDefault("auto")
  @WithConverter(Values.HypervisorMode.class)
  HypervisorSettings.Mode hypervisor();

  @Meaning("Which libvirt.")
  @WithDefault("qemu:///system")
  @WithConverter(Values.Text.class)
  String libvirtUri();

  @Meaning("The libvirt network of machines that are on no private network.")
  @WithDefault("default")
  @WithConverter(Values.Text.class)
  String libvirtNetwork();

  @Meaning("`auto`: KVM where the host has it, emulation where not.")
  @WithDefault("auto")
  @WithConverter(Values.Acceleration.class)
  HypervisorSettings.Acceleration acceleration();

  @Meaning("How long a guest may take to shut down before it is ended.")
  @WithDefault("60")
  @WithConverter(Values.Seconds.class)
  Duration stopTimeoutSeconds();

  @Meaning(
      "How long libvirt may take to answer before it is taken to hang; to change something, twice as long. For hosts that are very busy, or emulated.")
  @WithDefault("30")
  @WithConverter(Values.Seconds.class)
  Duration libvirtTimeoutSeconds();

  @Meaning(
      "The addresses of machines that clients reach: `network` for those on libvirtNetwork, a range for static ones too, `none`; `auto`: `network` with a hypervisor, `none` without.")
  @WithDefault("auto")
  @WithConverter(Values.Addresses.class)
  PublicIps publicIps();

  @Meaning("How many static public addresses each team may have claimed at a time.")
  @WithDefault(PublicIps.DEFAULT_PER_TEAM)
  @WithConverter(Values.AddressCount.class)
  int publicIpsPerTeam();

  /** How many requests each API key may send. */
  interface Limit {
    @Meaning("How many requests each API key may send, in the long run.")
    @WithConverter(Values.Rate.class)
    double requestsPerSecond();

    @Meaning("How many requests each API key may send at once, after a rest.")
    @WithConverter(Values.Burst.class)
    int burst();
  }

  /** HTTPS. */
  interface Tls {
    @Meaning(
        "A PEM file with the server's certificate, and those that lead to a root: HTTPS is spoken. Read again when it changes.")
    @WithConverter(Values.Text.class)
    String certificate();

    @Meaning("A PEM file with the certificate's private key, not encrypted.")
    @WithConverter(Values.Text.class)
    String key();

    @Meaning("A port on 127.0.0.1 where HTTP is spoken without TLS. Without it, there is none.")
    @WithConverter(Values.Port.class)
    Optional<Integer> plainPort();
  }

  /** Where the server tells that something is wrong. */
  interface Notify {
    @Meaning(
        "Where the server tells that something is wrong: failed captures, a damaged or nearly full store, missing backups (docs/operations.md).")
    @WithConverter(Values.WebhookUrl.class)
    URI url();

    @Meaning(
        "A file with the secret that signs what is told: `whsec_` and 24 to 64 bytes in Base64. Read anew each time.")
    @WithConverter(Values.Text.class)
    String secretFile();

    @Meaning(
        "With less than this left, in 2^30 bytes, a store counts as nearly full. Without it, 50.")
    @WithConverter(Values.SizeInGb.class)
    Optional<Integer> storeFreeGb();
  }

  /** How the store and the cache are looked after. */
  interface Upkeep {
    @Meaning("How often chunks that nothing needs are removed; 0 for never.")
    @WithDefault("24")
    @WithConverter(Values.Hours.class)
    int collectHours();

    @Meaning("What base images that no machine stands on may take with the others, in 2^30 bytes.")
    @WithDefault("100")
    @WithConverter(Values.SizeInGb.class)
    int cacheGb();

    @Meaning("In how many days every stored chunk is read once; 0 for never.")
    @WithDefault("30")
    @WithConverter(Values.Days.class)
    int scrubDays();

    @Meaning("How fast that reads at most, in 10^6 bytes per second.")
    @WithDefault("20")
    @WithConverter(Values.Speed.class)
    int scrubMegabytesPerSecond();

    @Meaning("When the database is dumped into the store, each day.")
    @WithDefault(UpkeepConfig.DEFAULT_BACKUP_TIME)
    @WithConverter(Values.TimeOfDay.class)
    DailyTime backupTime();
  }

  /** What machines may be given of a node, where there are several. */
  interface Overcommitting {
    @Meaning("How many vCPUs machines may be given for each processor of a node.")
    @WithDefault("8")
    @WithConverter(Values.Factor.class)
    double cpus();

    @Meaning("How much of a node's memory, as a factor.")
    @WithDefault("1")
    @WithConverter(Values.Factor.class)
    double memory();

    @Meaning(
        "How much the disks of a node's machines may have together, as a factor of its disk: they take what is written to them.")
    @WithDefault("4")
    @WithConverter(Values.Factor.class)
    double disk();
  }

  /** How long a client of the HTTP server may take. */
  interface Http {
    @Meaning("From a request's first line to the last byte of its body.")
    @WithDefault("30")
    @WithConverter(Values.Seconds.class)
    Duration receiveSeconds();

    @Meaning("From an answer to the end of the next request's head.")
    @WithDefault("60")
    @WithConverter(Values.Seconds.class)
    Duration idleSeconds();

    @Meaning("From the last byte of a request to the last byte of its answer.")
    @WithDefault("120")
    @WithConverter(Values.Seconds.class)
    Duration answerSeconds();

    @Meaning(
        "Reverse proxies whose X-Forwarded-For the access log believes: addresses and networks (10.0.0.0/8), separated by commas.")
    @WithConverter(Values.Networks.class)
    Optional<TrustedProxies> trustedProxies();
  }
}
