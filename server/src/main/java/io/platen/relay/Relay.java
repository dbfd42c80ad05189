package io.platen.relay;

import io.platen.database.Database;
import io.platen.model.Caller;
import io.platen.model.Refusal;
import io.platen.node.NodeRow;
import io.platen.node.Nodes;
import io.platen.rest.Callers;
import io.platen.rest.ErrorBody;
import jakarta.ws.rs.container.ContainerRequestContext;
import java.io.IOException;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.security.GeneralSecurityException;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Function;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManager;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * Asks another node for what only that one can show, and hands its answer on. A request is relayed
 * once: the node that is asked answers it or refuses it.
 */
public final class Relay {
  private static final Logger LOG = Logger.getLogger(Relay.class);

  /** Requests that wait for other nodes at a time. They hold no thread. */
  private static final int MOST = 64;

  private static final Duration CONNECT_LIMIT = Duration.ofSeconds(10);

  /**
   * From the connection to the last byte of the answer: after that long a node counts as silent.
   */
  private static final Duration LIMIT = Nodes.SILENT;

  /** Bytes of an answer: many times what any has that is relayed. */
  private static final long LONGEST = 1 << 20;

  /** The change of the schema since which nodes take tokens. */
  private static final int SINCE = 71;

  private static final int UNAUTHORIZED = 401;
  private static final String CLIENT = "x-client";

  private final Database database;
  private final Nodes nodes;
  private final RelayTokens tokens;
  private final Duration limit;
  private final NodeCertificates certificates = new NodeCertificates();
  private final Semaphore places = new Semaphore(MOST);

  /** Made when it is needed: most servers have no other node. */
  private @Nullable HttpClient http;

  public Relay(Database database, Nodes nodes, RelayTokens tokens) {
    this(database, nodes, tokens, LIMIT);
  }

  /** With another limit, for tests. */
  Relay(Database database, Nodes nodes, RelayTokens tokens, Duration limit) {
    this.limit = limit;
    this.database = database;
    this.nodes = nodes;
    this.tokens = tokens;
  }

  /**
   * Whether this is another node than this one.
   *
   * @param node a name; empty in a database that has one node only
   */
  public boolean isElsewhere(String node) {
    return nodes.areSeveral() && !node.isEmpty() && !node.equals(database.node());
  }

  /**
   * Has another node answer. The stage always ends with a failure, which is that node's answer, or
   * a {@link Refusal}: UNAVAILABLE where it does not answer.
   *
   * @param request the client's, which is for that node's eyes only where it has passed
   *     authentication
   * @param node the one to ask
   * @param what it has that this node lacks, such as "machine ps1", for messages
   * @param path below {@code /v1}, with the query: nothing in it is the client's own words
   * @throws Refusal CONFLICT where that node is silent; UNAVAILABLE where it can't be asked
   */
  public <T> CompletionStage<T> ask(
      ContainerRequestContext request, String node, String what, String path) {
    if (Callers.isRelayed(request)) {
      throw Refusal.unavailable(
          "The %s has just moved to the node %s; try again.".formatted(what, node), null);
    }
    return ask(
        require(node, what),
        Callers.of(request),
        request.getHeaderString(CLIENT),
        what,
        "/v1" + path);
  }

  <T> CompletionStage<T> ask(
      NodeRow row, Caller caller, @Nullable String client, String what, String path) {
    if (!places.tryAcquire()) {
      throw Refusal.unavailable(
          "Too many requests wait for other nodes at the moment; try again.", null);
    }
    var answer = new CompletableFuture<T>();
    try {
      var asked = send(row, caller, client, path);
      var _ =
          asked
              .thenApply(Function.identity())
              .orTimeout(limit.toMillis(), TimeUnit.MILLISECONDS)
              .whenComplete(
                  (response, failure) -> {
                    places.release();
                    // Where it took too long, it goes on no longer.
                    var _ = asked.cancel(true);
                    answer.completeExceptionally(result(row, what, response, failure));
                  });
    } catch (RuntimeException e) {
      places.release();
      throw e;
    }
    return answer;
  }

  /** The node, where it can be asked. */
  private NodeRow require(String name, String what) {
    var row =
        database
            .read(handle -> nodes.find(handle, name))
            .orElseThrow(
                () ->
                    Refusal.conflict(
                        "The %s is on the node %s, which was removed.".formatted(what, name)));
    if (!row.isAlive()) {
      throw Refusal.conflict(
          "The %s is on the node %s, which %s; start that node's server, or wait for it."
              .formatted(what, name, row.sign()));
    }
    if (row.schemaVersion() < SINCE) {
      throw Refusal.unavailable(
          "The %s is on the node %s, whose version of Platen can't be asked by this one; ask that node itself, or bring it to this version."
              .formatted(what, name),
          null);
    }
    if (row.address().isEmpty() || isOutOfReach(row)) {
      throw Refusal.unavailable(
          "The %s is on the node %s, which other nodes can't reach: it listens on its own host alone, or the name of its host can be no part of a URL. Set \"nodeAddress\" in its configuration, or ask that node itself."
              .formatted(what, name),
          null);
    }
    return row;
  }

  /**
   * Whether it is reached on its own host only, and that is not this one; or not at all, where a
   * host has a name that no URL can have, such as one with an underscore.
   */
  private boolean isOutOfReach(NodeRow row) {
    String host = host(row.address());
    if (host == null) {
      return true;
    }
    var own = database.read(handle -> nodes.find(handle, database.node()));
    return isLoopback(host) && !own.map(NodeRow::host).equals(Optional.of(row.host()));
  }

  private static @Nullable String host(String address) {
    try {
      return new URI(address).getHost();
    } catch (URISyntaxException e) {
      LOG.debugf("no address: %s", e.getMessage());
      return null;
    }
  }

  /** By what it says: to look a name up could take long. */
  private static boolean isLoopback(String host) {
    return host.equals("localhost") || host.equals("[::1]") || host.startsWith("127.");
  }

  private CompletableFuture<HttpResponse<byte[]>> send(
      NodeRow row, Caller caller, @Nullable String client, String path) {
    var target = URI.create(row.address() + path);
    certificates.expect(target.getHost(), target.getPort(), row.certificate());
    var asking =
        HttpRequest.newBuilder(target)
            .timeout(limit)
            .header("User-Agent", "Platen")
            .header(RelayTokens.HEADER, tokens.issue(row.name(), caller, "GET " + path));
    if (ErrorBody.CLIENT_WITHOUT_DETAILS.equals(client)) {
      // It decides what errors look like.
      asking.header(CLIENT, client);
    }
    return client()
        .sendAsync(
            asking.GET().build(), BodyHandlers.limiting(BodyHandlers.ofByteArray(), LONGEST));
  }

  private RuntimeException result(
      NodeRow row,
      String what,
      @Nullable HttpResponse<byte[]> response,
      @Nullable Throwable failure) {
    if (response == null) {
      LOG.warnf(
          "the node %s does not answer at %s: %s", row.name(), row.address(), reason(failure));
      return Refusal.unavailable(
          "The node %s, which has the %s, does not answer this one; try again in a moment."
              .formatted(row.name(), what),
          failure);
    }
    boolean isJson =
        response.headers().firstValue("content-type").orElse("").startsWith("application/json");
    if (response.statusCode() == UNAUTHORIZED || !isJson) {
      LOG.warnf(
          "what listens at %s does not answer as the node %s (%d): is that its address (nodeAddress)?",
          row.address(), row.name(), response.statusCode());
      return Refusal.unavailable(
          "What answers at the address of the node %s, which has the %s, is not that node; its configuration's \"nodeAddress\" may be wrong."
              .formatted(row.name(), what),
          null);
    }
    return new AnsweredElsewhere(
        response.statusCode(),
        response.body(),
        response.headers().firstValue("retry-after").orElse(null));
  }

  private String reason(@Nullable Throwable failure) {
    var cause =
        failure instanceof CompletionException && failure.getCause() != null
            ? failure.getCause()
            : failure;
    return switch (cause) {
      case null -> "no reason is known";
      case TimeoutException _ -> "no answer within " + limit.toSeconds() + " s";
      case IOException e when e.getMessage() == null -> "it can't be reached";
      default -> cause.toString();
    };
  }

  private synchronized HttpClient client() {
    var made = http;
    if (made == null) {
      made =
          HttpClient.newBuilder()
              .version(HttpClient.Version.HTTP_1_1)
              // They could lead anywhere.
              .followRedirects(HttpClient.Redirect.NEVER)
              .connectTimeout(CONNECT_LIMIT)
              .sslContext(tls())
              .build();
      http = made;
    }
    return made;
  }

  private SSLContext tls() {
    try {
      var context = SSLContext.getInstance("TLS");
      context.init(null, new TrustManager[] {certificates}, null);
      return context;
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("TLS is part of every JDK", e);
    }
  }
}
