package io.platen.http;

import java.time.Duration;

/** What a client may send; how long it may take is in {@link io.platen.config.HttpTimes}. */
public final class HttpLimits {
  /** Bytes of a request's body, as the contract has it. */
  static final int BODY = 1 << 20;

  /** Bytes of the request line; the longest cursor takes half of it. */
  static final int LINE = 8 << 10;

  /** Bytes of all headers. */
  static final int HEADERS = 16 << 10;

  /** Headers, and lines of trailers; other servers have this limit too. */
  static final int HEADER_LINES = 100;

  /** What a head takes in memory beside its bytes, about: the request itself, and each header. */
  static final int REQUEST_BYTES = 500;

  static final int HEADER_BYTES = 140;

  /** Bodies up to this length are always received: those of all connections are 32 MiB. */
  static final int SMALL_BODY = 8 << 10;

  /**
   * Bytes of all longer bodies that are held at the same time. While one is read into a resource
   * there are two of it, so it may be a third of the server's memory.
   */
  static final long BODIES = 40L << 20;

  /**
   * Parts of requests that are held for one connection while an earlier one is answered: a request
   * has two or more, its head and its end. That many fit into what is read at once, some KiB.
   */
  static final int HELD = 1024;

  /** What the requests that are held take on all connections together, in bytes. */
  static final long ALL_HELD = 16L << 20;

  /** Bytes of all answers that were written and that clients have not taken yet. */
  static final long ANSWERS = 64L << 20;

  /**
   * How long a client may take for its answer while {@link #ANSWERS} is spent. One that reads at
   * all has a page of a list within it.
   */
  static final Duration SPENT = Duration.ofSeconds(2);

  /**
   * Requests that are worked on at a time: those that read, of which each has a page of a list in
   * memory, and those that change something, which may wait for one another. More than these hold
   * no thread.
   */
  static final int READS = 16;

  /** Threads for those that read; the database has as many connections. */
  static final int READERS = 8;

  static final int CHANGES = 128;

  /** All connections together; each takes about 20 KiB. */
  static final int CONNECTIONS = 4096;

  /**
   * How long a client may go on sending a body that was refused. Closing at once could cost it the
   * answer: what it sends to a closed socket resets the connection.
   */
  static final Duration LINGER = Duration.ofSeconds(5);

  private HttpLimits() {}
}
