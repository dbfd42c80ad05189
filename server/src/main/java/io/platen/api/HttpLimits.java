package io.platen.api;

import java.time.Duration;

/** What a client may send, and how long it may take. */
final class HttpLimits {
  /** Bytes of a request's body, as the contract has it. */
  static final int BODY = 1 << 20;

  /** Bytes of the request line; the longest cursor takes half of it. */
  static final int LINE = 8 << 10;

  /** Bytes of all headers. */
  static final int HEADERS = 16 << 10;

  /** Bytes of all bodies that are held at the same time: a quarter of the server's memory. */
  static final long BODIES = 64L << 20;

  /** All connections together; each takes about 20 KiB. */
  static final int CONNECTIONS = 4096;

  /** From a request's first line to the last byte of its body. */
  static final Duration RECEIVE = Duration.ofSeconds(30);

  /**
   * A connection without a request; the head of the next one has to be complete within this time.
   */
  static final Duration IDLE = Duration.ofSeconds(60);

  /**
   * From the last byte of a request to the last byte of its answer. No request works for that long:
   * the client does not take its answer.
   */
  static final Duration ANSWER = Duration.ofMinutes(2);

  /**
   * How long a client may go on sending a body that was refused. Closing at once could cost it the
   * answer: what it sends to a closed socket resets the connection.
   */
  static final Duration LINGER = Duration.ofSeconds(5);

  private HttpLimits() {}
}
