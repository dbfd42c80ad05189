package io.platen.rest;

import io.platen.model.Refusal;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import org.jspecify.annotations.Nullable;

/**
 * What makes two requests one.
 *
 * @param teamId keys of different teams have nothing to do with each other
 * @param key what the client sent as Idempotency-Key
 * @param fingerprint SHA-256 of the method, the path and the body's bytes, in hexadecimal
 */
record RequestIdentity(String teamId, String key, String fingerprint) {
  static final String HEADER = "Idempotency-Key";

  /** In characters; a UUID has 36. */
  static final int MAXIMUM_LENGTH = 255;

  /**
   * @throws ApiException BAD_REQUEST where the key is empty, too long or not printable ASCII
   */
  static RequestIdentity of(
      String teamId, String key, String method, String path, byte @Nullable [] body) {
    boolean printable = key.chars().allMatch(c -> c > ' ' && c < 0x7f);
    if (key.isEmpty() || key.length() > MAXIMUM_LENGTH || !printable) {
      throw Refusal.invalid(
          HEADER, "must have 1 to %d printable ASCII characters".formatted(MAXIMUM_LENGTH));
    }
    try {
      var digest = MessageDigest.getInstance("SHA-256");
      digest.update((method + " " + path + "\n").getBytes(StandardCharsets.UTF_8));
      if (body != null) {
        digest.update(body);
      }
      return new RequestIdentity(teamId, key, HexFormat.of().formatHex(digest.digest()));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("SHA-256 is part of every JDK", e);
    }
  }
}
