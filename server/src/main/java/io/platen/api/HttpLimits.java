package io.platen.api;

import java.time.Duration;

/** What a client may send; how long it may take is in {@link io.platen.config.HttpTimes}. */
final class HttpLimits {
  /** Bytes of a request's body, as the contract has it. */
  static final int BODY = 1 << 20;

  /** Bytes of the request line; the longest cursor takes half of it. */
  static final int LINE = 8 << 10;

  /** Bytes of all headers. */
  static final int HEADERS = 16 << 10;

  /** Bytes of all bodies that are held at the same time: a quarter of the server's memory. */
  static final long BODIES = 64L << 20;

  /**
   * Parts of requests that are held for one connection while an earlier one is answered: a request
   * has two or more, its head and its end. That many fit into what is read at once, some KiB.
   */
  static final int HELD = 1024;

  /** All connections together; each takes about 20 KiB. */
  static final int CONNECTIONS = 4096;

  /**
   * How long a client may go on sending a body that was refused. Closing at once could cost it the
   * answer: what it sends to a closed socket resets the connection.
   */
  static final Duration LINGER = Duration.ofSeconds(5);

  private HttpLimits() {}
}
