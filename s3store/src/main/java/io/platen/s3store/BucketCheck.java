package io.platen.s3store;

import io.platen.chunkstore.StoreUnavailable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.UUID;

/**
 * Tries what a store asks of a bucket, with an object of its own that it removes again: whether it
 * may be listed, written, read and deleted, and whether the clocks agree.
 */
final class BucketCheck {
  /** Servers refuse requests that are signed with a clock 15 minutes off. */
  private static final Duration CLOCKS = Duration.ofMinutes(5);

  private static final int BYTES = 100_000;

  private final Bucket bucket;
  private final InstantSource clock;
  private final List<S3Store.Finding> found = new ArrayList<>();

  BucketCheck(Bucket bucket, InstantSource clock) {
    this.bucket = bucket;
    this.clock = clock;
  }

  List<S3Store.Finding> run() {
    String key = "check/" + UUID.randomUUID();
    if (!tried("list", () -> bucket.lists().objects(Keys.CHUNKS, null, (listed, bytes) -> false))) {
      return found;
    }
    byte[] bytes = new byte[BYTES];
    new Random().nextBytes(bytes);
    if (tried("put", () -> bucket.put(key, bytes))) {
      boolean isRead = tried("get", () -> compare(key, bytes));
      conditionalPut(key, bytes);
      if (!bucket.givesTags()) {
        found.add(
            new S3Store.Finding(
                true, "ETags", "none; a proxy's page that is 200 can't be told from an answer"));
      }
      if (tried("delete", () -> delete(key)) && isRead) {
        found.add(
            new S3Store.Finding(
                true,
                "permissions",
                "objects are listed, put, got and deleted, and come back with the checksum that they were put with"));
      }
    }
    clocks();
    return found;
  }

  private interface Try {
    void run() throws IOException;
  }

  private boolean tried(String what, Try attempt) {
    try {
      attempt.run();
      return true;
    } catch (IOException e) {
      found.add(new S3Store.Finding(false, what, String.valueOf(e.getMessage())));
      return false;
    }
  }

  private void compare(String key, byte[] bytes) throws IOException {
    ByteBuffer target = ByteBuffer.allocate(BYTES);
    if (bucket.get(key, target, BYTES).isEmpty()) {
      String what = bucket.place(key) + " is not there after it was put";
      throw new StoreUnavailable(what, new IOException(what));
    }
    String put = sha256(ByteBuffer.wrap(bytes));
    String got = sha256(target);
    if (!got.equals(put)) {
      String what =
          "%s does not come back as it was put: its SHA-256 was %s, and is %s"
              .formatted(bucket.place(key), put, got);
      throw new StoreUnavailable(what, new IOException(what));
    }
  }

  private static String sha256(ByteBuffer bytes) {
    try {
      MessageDigest digest = MessageDigest.getInstance("SHA-256");
      digest.update(bytes);
      return HexFormat.of().formatHex(digest.digest());
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }

  private void delete(String key) throws IOException {
    Deletions.Deletion deletion = bucket.deletions().deleteOnce(List.of(key));
    IOException refusal = deletion.refusal();
    if (refusal != null) {
      throw refusal;
    }
    if (!deletion.gone().equals(Set.of(key))) {
      String what = bucket.place(key) + " may not be deleted: there was no answer";
      throw new StoreUnavailable(what, new IOException(what));
    }
  }

  /** Nothing depends on it; it is good to know where something goes wrong. */
  private void conditionalPut(String key, byte[] bytes) {
    boolean refused = bucket.refusesToReplace(key, bytes);
    found.add(
        new S3Store.Finding(
            true, "conditional puts", refused ? "honoured" : "not honoured; none are needed"));
  }

  private void clocks() {
    Optional<Instant> theirs = bucket.date();
    if (theirs.isEmpty()) {
      found.add(new S3Store.Finding(true, "clock", "the server does not tell the time"));
      return;
    }
    Duration apart = Duration.between(theirs.get(), clock.instant()).abs();
    found.add(
        new S3Store.Finding(
            apart.compareTo(CLOCKS) < 0, "clock", apart.toSeconds() + " s from the server's"));
  }
}
