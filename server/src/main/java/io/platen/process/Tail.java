package io.platen.process;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;

/** The end of a stream: a program's last words, whatever it wrote before. Safe for threads. */
final class Tail {
  /** How much is kept. */
  static final int BYTES = 8 << 10;

  private final byte[] ring = new byte[BYTES];
  private long written;

  /** Reads the stream to its end. */
  void drain(InputStream stream) throws IOException {
    byte[] buffer = new byte[4096];
    for (int n = stream.read(buffer); n >= 0; n = stream.read(buffer)) {
      append(buffer, n);
    }
  }

  private synchronized void append(byte[] bytes, int length) {
    for (int i = 0; i < length; i++) {
      ring[(int) (written++ % BYTES)] = bytes[i];
    }
  }

  /** What is kept, as text on one line: it goes into messages. */
  synchronized String text() {
    int kept = (int) Math.min(written, BYTES);
    byte[] bytes = new byte[kept];
    for (int i = 0; i < kept; i++) {
      bytes[i] = ring[(int) ((written - kept + i) % BYTES)];
    }
    return new String(bytes, StandardCharsets.UTF_8).strip().replaceAll("\\p{Cntrl}+", " ");
  }
}
