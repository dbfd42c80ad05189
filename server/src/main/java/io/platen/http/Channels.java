package io.platen.http;

import io.netty.channel.ChannelHandlerContext;
import io.vertx.core.http.HttpConnection;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.impl.VertxHttpRequestDecoder;
import io.vertx.core.net.impl.ConnectionBase;

/** What Netty does for a connection of Vert.x', and Vert.x does not. */
final class Channels {
  private Channels() {}

  private static ChannelHandlerContext of(HttpConnection connection) {
    if (connection instanceof ConnectionBase base) {
      return base.channelHandlerContext();
    }
    throw new IllegalStateException("a connection of another kind: " + connection.getClass());
  }

  /** Puts what keeps clients in order between a new connection and Vert.x. */
  static void guard(HttpConnection connection, PipeliningGuard turns, RequestDecoder decoder) {
    var vertx = of(connection);
    vertx.pipeline().replace(VertxHttpRequestDecoder.class, "decoder", decoder);
    vertx
        .pipeline()
        .addBefore(vertx.name(), "turns", turns)
        .addBefore(vertx.name(), "broken-messages", new BrokenMessages());
  }

  /**
   * Calls back when a connection is closed, on its event loop. Vert.x' own handler for that is not
   * called where requests wait for their turn on the connection.
   */
  @SuppressWarnings("FutureReturnValueIgnored") // It is the future that is listened to.
  static void onClose(HttpConnection connection, Runnable closed) {
    of(connection).channel().closeFuture().addListener(done -> closed.run());
  }

  /** Whether the client has hung up. */
  static boolean isGone(HttpServerRequest request) {
    return !of(request.connection()).channel().isActive();
  }

  /**
   * Closes a connection at once. Vert.x would wait until the client has taken what was written to
   * it, and gets to see what begins at the channel itself.
   */
  @SuppressWarnings("FutureReturnValueIgnored") // Nothing is left to do once it is closed.
  static void cut(HttpConnection connection) {
    of(connection).close();
  }
}
