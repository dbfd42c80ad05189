package io.platen.node;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * A node of the database.
 *
 * @param region the short name of the region it is in; empty where it takes machines of every one
 * @param store the one that it uses
 * @param schemaVersion the newest change of the schema that its version knows
 * @param address where it listens; empty while it is not known
 * @param certificate the SHA-256 of the certificate that it shows there, in hexadecimal; empty
 *     where it speaks no TLS
 * @param beat the number of its last sign of life
 * @param silence how long ago its last sign of life was, or its end, by the database's clock; null
 *     where it never worked
 * @param isStopped whether it was stopped in order
 * @param capacity what it has
 * @param used what its machines are given of that
 * @param machines how many it has
 */
public record NodeRow(
    String name,
    String host,
    String path,
    String region,
    String store,
    String version,
    int schemaVersion,
    String address,
    String certificate,
    long beat,
    @Nullable Duration silence,
    boolean isStopped,
    boolean isDraining,
    boolean hasHypervisor,
    NodeSize capacity,
    NodeSize used,
    long freeDisk,
    int machines) {
  /** Whether it gives signs of life. */
  public boolean isAlive() {
    return !isStopped && silence != null && silence.compareTo(Nodes.SILENT) <= 0;
  }

  /** What is known of its life, in words. */
  public String sign() {
    if (silence == null) {
      return "has not worked yet";
    }
    return isStopped
        ? "was stopped %d s ago".formatted(silence.toSeconds())
        : "gave its last sign of life %d s ago".formatted(silence.toSeconds());
  }
}
