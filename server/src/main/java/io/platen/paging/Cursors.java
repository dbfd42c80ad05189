package io.platen.paging;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.util.Arrays;
import java.util.Base64;
import java.util.Optional;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/**
 * Writes positions as opaque cursors, and reads back only what was written here: each carries a tag
 * over its content, the list, the order and the team.
 */
public final class Cursors {
  private static final String ALGORITHM = "HmacSHA256";

  /** Bytes of the tag; 128 bits can't be guessed. */
  private static final int TAG = 16;

  /**
   * A name of 255 code points takes 1020 bytes in UTF-8; with the rest, and Base64, a cursor stays
   * below this.
   */
  private static final int MAXIMUM_LENGTH = 4096;

  private final SecretKeySpec secret;

  public Cursors(byte[] secret) {
    this.secret = new SecretKeySpec(secret, ALGORITHM);
  }

  public String write(Position position, String list, String teamId) {
    var bytes = new ByteArrayOutputStream();
    try (var out = new DataOutputStream(bytes)) {
      out.writeLong(position.version());
      out.writeUTF(position.key());
      out.writeUTF(position.id());
    } catch (IOException e) {
      throw new UncheckedIOException("a cursor for \"" + position.key() + "\"", e);
    }
    byte[] content = bytes.toByteArray();
    bytes.writeBytes(tag(content, list, teamId));
    return Base64.getUrlEncoder().withoutPadding().encodeToString(bytes.toByteArray());
  }

  /** Empty where the cursor was not written by {@link #write} for this list and team. */
  public Optional<Position> read(String cursor, String list, String teamId) {
    if (cursor.length() > MAXIMUM_LENGTH) {
      return Optional.empty();
    }
    byte[] bytes;
    try {
      bytes = Base64.getUrlDecoder().decode(cursor);
    } catch (IllegalArgumentException e) {
      return Optional.empty();
    }
    if (bytes.length < TAG) {
      return Optional.empty();
    }
    byte[] content = Arrays.copyOf(bytes, bytes.length - TAG);
    byte[] tag = Arrays.copyOfRange(bytes, bytes.length - TAG, bytes.length);
    if (!MessageDigest.isEqual(tag, tag(content, list, teamId))) {
      return Optional.empty();
    }
    try (var in = new DataInputStream(new ByteArrayInputStream(content))) {
      return Optional.of(new Position(in.readLong(), in.readUTF(), in.readUTF()));
    } catch (IOException e) {
      // The tag is ours, so the content is too: another version of this class wrote it.
      return Optional.empty();
    }
  }

  private byte[] tag(byte[] content, String list, String teamId) {
    try {
      var mac = Mac.getInstance(ALGORITHM);
      mac.init(secret);
      var context = new ByteArrayOutputStream();
      try (var out = new DataOutputStream(context)) {
        out.writeUTF(list);
        out.writeUTF(teamId);
        out.write(content);
      }
      return Arrays.copyOf(mac.doFinal(context.toByteArray()), TAG);
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(ALGORITHM + " is part of every JDK", e);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
