package io.platen.nbd;

import java.nio.file.attribute.UserPrincipal;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * How to connect.
 *
 * @param exportName the export; empty for the server's default export
 * @param contexts metadata contexts to ask for; the server may grant fewer
 * @param timeout limit for the whole handshake, and for each request from sending it to the last
 *     byte of its answer (a request is for at most 1 MiB; longer reads are several requests)
 * @param server the user that the server has to run as; null for any
 */
public record NbdOptions(
    String exportName,
    List<NbdContext> contexts,
    Duration timeout,
    @Nullable UserPrincipal server) {
  /**
   * A server that reads from a loaded disk or network store gets this long for one request. QEMU in
   * an emulated host took more than 30 s for a handshake.
   */
  public static final Duration DEFAULT_TIMEOUT = Duration.ofMinutes(2);

  public NbdOptions {
    Text.checkName("export", exportName);
    contexts = List.copyOf(contexts);
    if (contexts.size() > Protocol.MAX_CONTEXTS
        || contexts.stream().distinct().count() != contexts.size()) {
      throw new IllegalArgumentException(
          "at most " + Protocol.MAX_CONTEXTS + " different metadata contexts, not " + contexts);
    }
    if (timeout.compareTo(Duration.ofMillis(1)) < 0 || timeout.compareTo(Duration.ofDays(1)) > 0) {
      throw new IllegalArgumentException("timeout must be 1 ms to 1 day, not " + timeout);
    }
  }

  /** The default export, allocation and its depth where granted, 30 s. */
  public static NbdOptions defaults() {
    return new NbdOptions(
        "",
        List.of(NbdContext.BASE_ALLOCATION, NbdContext.ALLOCATION_DEPTH),
        DEFAULT_TIMEOUT,
        null);
  }

  public NbdOptions withExportName(String name) {
    return new NbdOptions(name, contexts, timeout, server);
  }

  public NbdOptions withContexts(NbdContext... wanted) {
    return new NbdOptions(exportName, List.of(wanted), timeout, server);
  }

  public NbdOptions withTimeout(Duration limit) {
    return new NbdOptions(exportName, contexts, limit, server);
  }

  public NbdOptions withServer(UserPrincipal user) {
    return new NbdOptions(exportName, contexts, timeout, user);
  }
}
