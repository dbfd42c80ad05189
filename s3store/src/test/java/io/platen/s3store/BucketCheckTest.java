package io.platen.s3store;

import static org.assertj.core.api.Assertions.assertThat;

import io.platen.s3store.FaultyServer.Fate;
import java.io.IOException;
import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;

final class BucketCheckTest {
  private final S3Location location = S3ProxyServer.location();

  private static List<S3Store.Finding> check(S3Location location, InstantSource clock)
      throws IOException {
    try (Bucket bucket = new Bucket(location)) {
      return new BucketCheck(bucket, clock).run();
    }
  }

  private static S3Location with(S3Location location, URI endpoint, S3Location.Credentials keys) {
    return new S3Location(
        endpoint, location.bucket(), location.prefix(), location.region(), keys, null);
  }

  @Test
  void aBucketThatWillDoIsToldOfInAFewLinesAndIsLeftAsItWas() throws Exception {
    List<S3Store.Finding> found = check(location, InstantSource.system());
    assertThat(found).allMatch(S3Store.Finding::good);
    assertThat(found)
        .extracting(S3Store.Finding::what)
        .containsExactlyInAnyOrder("conditional puts", "permissions", "clock");
    assertThat(BucketKeys.list(location).indexes()).isEmpty();
    try (Bucket bucket = new Bucket(location)) {
      assertThat(bucket.lists().objects("", null, (key, bytes) -> false)).isTrue();
    }
  }

  @Test
  void aClockThatIsOffIsSaid() throws Exception {
    Instant later = Instant.now().plus(Duration.ofHours(1));
    assertThat(check(location, InstantSource.fixed(later)))
        .filteredOn(finding -> !finding.good())
        .singleElement()
        .satisfies(finding -> assertThat(finding.what()).isEqualTo("clock"))
        .satisfies(finding -> assertThat(finding.detail()).contains("s from the server's"));
  }

  @Test
  void credentialsThatAreRefusedAreSaidAtOnce() throws Exception {
    S3Location wrong =
        with(
            location,
            Objects.requireNonNull(location.endpoint()),
            new S3Location.Credentials("test-access", "wrong"));
    assertThat(check(wrong, InstantSource.system()))
        .singleElement()
        .satisfies(finding -> assertThat(finding.good()).isFalse())
        .satisfies(finding -> assertThat(finding.what()).isEqualTo("list"))
        .satisfies(finding -> assertThat(finding.detail()).contains("check the credentials"));
  }

  @Test
  void whatMayNotBeDeletedIsSaid() throws Exception {
    try (FaultyServer faulty = new FaultyServer(Objects.requireNonNull(location.endpoint()))) {
      faulty.rule(
          (method, request) ->
              method.equals("DELETE") || request.contains("delete") ? Fate.BUSY : Fate.PASS);
      List<S3Store.Finding> found =
          check(
              with(location, faulty.endpoint(), Objects.requireNonNull(location.credentials())),
              InstantSource.system());
      assertThat(found)
          .filteredOn(finding -> !finding.good())
          .extracting(S3Store.Finding::what)
          .containsExactly("delete");
    }
  }
}
