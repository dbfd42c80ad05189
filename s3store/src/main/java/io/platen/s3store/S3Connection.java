package io.platen.s3store;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.time.Duration;
import java.util.List;
import java.util.logging.Level;
import java.util.logging.Logger;
import java.util.stream.Stream;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.AwsCredentialsProvider;
import software.amazon.awssdk.auth.credentials.DefaultCredentialsProvider;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.awscore.retry.AwsRetryStrategy;
import software.amazon.awssdk.core.checksums.RequestChecksumCalculation;
import software.amazon.awssdk.core.checksums.ResponseChecksumValidation;
import software.amazon.awssdk.http.SdkHttpClient;
import software.amazon.awssdk.http.apache.ApacheHttpClient;
import software.amazon.awssdk.http.apache.ProxyConfiguration;
import software.amazon.awssdk.http.auth.aws.signer.AwsV4HttpSigner;
import software.amazon.awssdk.http.auth.spi.scheme.AuthSchemeOption;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.retries.api.BackoffStrategy;
import software.amazon.awssdk.retries.api.RetryStrategy;
import software.amazon.awssdk.services.s3.LegacyMd5Plugin;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.S3Configuration;
import software.amazon.awssdk.services.s3.auth.scheme.S3AuthSchemeProvider;

/**
 * The SDK's clients for one location, set up for any server that speaks the protocol: no chunked
 * encoding, no checksums but where an operation requires one (others answer 400 or 501 to the SDK's
 * defaults), every payload signed, so that a server refuses bytes that changed on their way.
 */
final class S3Connection implements AutoCloseable {
  /** As many as uploads and reads of one process may have under way, and some for the rest. */
  private static final int CONNECTIONS = 160;

  /** What the libraries log. Held here, since the level of a logger goes with it. */
  private static final List<Logger> LOGGERS =
      Stream.of("org.apache.http", "software.amazon.awssdk").map(Logger::getLogger).toList();

  private static final Duration CONNECT = Duration.ofSeconds(5);
  private static final Duration SILENCE = Duration.ofSeconds(30);
  private static final Duration TURN = Duration.ofSeconds(60);

  /**
   * How long a server is waited for that gives no answer, or asks for patience.
   *
   * @param attempts how often it is asked
   * @param first the first wait, each next one twice as long; of each a random half is left out
   * @param longest the longest wait
   * @param stalled how long it may take nothing of what is sent to it
   */
  record Patience(int attempts, Duration first, Duration longest, Duration stalled) {
    /** 9 to 18 seconds in all. */
    static final Patience USUAL = new Patience(8, Duration.ofMillis(200), Duration.ofSeconds(5));

    /** With the usual wait for what is sent. */
    Patience(int attempts, Duration first, Duration longest) {
      this(attempts, first, longest, SILENCE.multipliedBy(2));
    }
  }

  private final SdkHttpClient http;
  private final S3Client retrying;
  private final S3Client once;
  private final BareRequests bare;
  private final EntityTags tags;

  private S3Connection(
      SdkHttpClient http, S3Client retrying, S3Client once, BareRequests bare, EntityTags tags) {
    this.http = http;
    this.retrying = retrying;
    this.once = once;
    this.bare = bare;
    this.tags = tags;
  }

  /**
   * Sets up the clients. No request is made.
   *
   * @throws IOException where the file with the authority's certificates can't be read
   */
  static S3Connection of(S3Location location, Patience patience) throws IOException {
    // Longer than an answer may be silent, so that it does not end what is wholly sent.
    SdkHttpClient http = new StalledRequests(http(location.authority()), patience.stalled());
    BackoffStrategy wait =
        BackoffStrategy.exponentialDelayHalfJitter(patience.first(), patience.longest());
    RetryStrategy several =
        AwsRetryStrategy.standardRetryStrategy().toBuilder()
            .maxAttempts(patience.attempts())
            .backoffStrategy(wait)
            .throttlingBackoffStrategy(wait)
            // It would fail requests that could wait, after others have failed.
            .circuitBreakerEnabled(false)
            .build();
    AwsCredentialsProvider credentials = credentials(location);
    S3Client retrying = client(location, http, credentials, several, new Headers(false));
    EntityTags tags = new EntityTags();
    return new S3Connection(
        http,
        retrying,
        client(location, http, credentials, AwsRetryStrategy.doNotRetry(), new Headers(true)),
        new BareRequests(
            http, credentials, base(retrying, location), location.region(), tags, System::nanoTime),
        tags);
  }

  /** The URL of the bucket and the prefix, with a slash at its end. */
  private static String base(S3Client client, S3Location location) {
    String key = location.prefix().isEmpty() ? "k" : location.prefix() + "/k";
    String url =
        client.utilities().getUrl(get -> get.bucket(location.bucket()).key(key)).toString();
    return url.substring(0, url.length() - 1);
  }

  /**
   * Until a server's logging is set up, and in commands, everything is logged where no level says
   * otherwise: a connection that is made then looks at each byte for as long as it is kept.
   */
  private static void quieten() {
    for (Logger logger : LOGGERS) {
      if (logger.getLevel() == null) {
        logger.setLevel(Level.INFO);
      }
    }
  }

  /**
   * What sends the requests.
   *
   * @param authority as of a location
   */
  static SdkHttpClient http(@Nullable Path authority) throws IOException {
    quieten();
    var builder =
        ApacheHttpClient.builder()
            .maxConnections(CONNECTIONS)
            .connectionTimeout(CONNECT)
            .socketTimeout(SILENCE)
            .connectionAcquisitionTimeout(TURN)
            .expectContinueEnabled(false)
            .proxyConfiguration(
                ProxyConfiguration.builder()
                    .useSystemPropertyValues(false)
                    .useEnvironmentVariableValues(false)
                    .build());
    if (authority != null) {
      TrustManager[] managers = trust(authority);
      builder.tlsTrustManagersProvider(() -> managers);
    }
    return builder.build();
  }

  private static TrustManager[] trust(Path authority) throws IOException {
    try (InputStream pem = Files.newInputStream(authority)) {
      KeyStore keys = KeyStore.getInstance(KeyStore.getDefaultType());
      keys.load(null, null);
      int number = 0;
      for (Certificate each : CertificateFactory.getInstance("X.509").generateCertificates(pem)) {
        keys.setCertificateEntry("authority-" + number++, each);
      }
      if (number == 0) {
        throw new IOException(authority + " holds no certificate");
      }
      var factory = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
      factory.init(keys);
      return factory.getTrustManagers();
    } catch (GeneralSecurityException e) {
      throw new IOException(authority + " holds no usable certificates: " + e.getMessage(), e);
    }
  }

  private static S3Client client(
      S3Location location,
      SdkHttpClient http,
      AwsCredentialsProvider credentials,
      RetryStrategy retries,
      Headers headers) {
    var builder =
        S3Client.builder()
            .httpClient(http)
            .region(Region.of(location.region()))
            .credentialsProvider(credentials)
            .serviceConfiguration(
                S3Configuration.builder()
                    .pathStyleAccessEnabled(true)
                    .chunkedEncodingEnabled(false)
                    .build())
            .requestChecksumCalculation(RequestChecksumCalculation.WHEN_REQUIRED)
            .responseChecksumValidation(ResponseChecksumValidation.WHEN_REQUIRED)
            .authSchemeProvider(signingPayloads())
            // Some servers insist on Content-MD5 where many keys are deleted at once.
            .addPlugin(LegacyMd5Plugin.create())
            .overrideConfiguration(
                override -> override.retryStrategy(retries).addExecutionInterceptor(headers));
    if (location.endpoint() != null) {
      builder.endpointOverride(location.endpoint());
    }
    return builder.build();
  }

  /** Over TLS the SDK leaves payloads unsigned by default. */
  private static S3AuthSchemeProvider signingPayloads() {
    S3AuthSchemeProvider schemes = S3AuthSchemeProvider.defaultProvider();
    return parameters -> {
      List<AuthSchemeOption> options = schemes.resolveAuthScheme(parameters);
      return options.stream()
          .map(
              option ->
                  option.toBuilder()
                      .putSignerProperty(AwsV4HttpSigner.PAYLOAD_SIGNING_ENABLED, true)
                      .build())
          .toList();
    };
  }

  private static AwsCredentialsProvider credentials(S3Location location) {
    S3Location.Credentials given = location.credentials();
    return given == null
        ? DefaultCredentialsProvider.builder().build()
        : StaticCredentialsProvider.create(
            AwsBasicCredentials.create(given.accessKey(), given.secretKey()));
  }

  /** Asks again where an answer says that it may help, or none came. */
  S3Client retrying() {
    return retrying;
  }

  /** Sends each request once. */
  S3Client once() {
    return once;
  }

  /** Sends each request once, and says nothing of what fails. */
  BareRequests bare() {
    return bare;
  }

  /** What is known of the server's answers, whichever client they came to. */
  EntityTags tags() {
    return tags;
  }

  @Override
  public void close() {
    retrying.close();
    once.close();
    http.close();
  }
}
