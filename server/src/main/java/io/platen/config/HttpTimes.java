package io.platen.config;

import java.time.Duration;

/**
 * How long a client of the HTTP server may take. Whoever takes longer is disconnected, however busy
 * the connection is: a byte now and then is no excuse.
 *
 * @param receive from a request's first line to the last byte of its body; on a new connection also
 *     from its opening to the end of the first request's head
 * @param idle from an answer to the end of the next request's head
 * @param answer from the last byte of a request to the last byte of its answer. No request works
 *     for that long by default: it is the client that does not take its answer
 */
public record HttpTimes(Duration receive, Duration idle, Duration answer) {
  public static final HttpTimes DEFAULT =
      new HttpTimes(Duration.ofSeconds(30), Duration.ofSeconds(60), Duration.ofMinutes(2));
}
