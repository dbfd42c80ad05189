package io.platen.http;

import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.codec.DecoderResult;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.util.ReferenceCountUtil;
import io.vertx.core.http.HttpServerRequest;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * Stands between Netty's decoder and Vert.x on each connection, for what Vert.x does not answer: it
 * takes any protocol's name for HTTP, hangs up without a word where a body's chunks are broken, and
 * has no use for a {@link RequestTarget} that is none by the book.
 */
final class BrokenMessages extends ChannelInboundHandlerAdapter {
  private static final Logger LOG = Logger.getLogger(BrokenMessages.class);

  /**
   * A header that is put on a request with a broken body. A client that sends it itself is told the
   * same.
   */
  private static final String BROKEN = "Platen-Broken";

  /** Nothing that follows can be understood. */
  private boolean broken;

  /** The request whose body is being received. */
  private @Nullable HttpRequest current;

  /** Whether the body of a request that was received to its end is less than was announced. */
  static boolean isBroken(HttpServerRequest request) {
    return request.headers().contains(BROKEN);
  }

  @Override
  public void channelRead(ChannelHandlerContext context, Object message) {
    if (broken) {
      ReferenceCountUtil.release(message);
    } else if (message instanceof HttpRequest request) {
      current = request;
      refuseOtherProtocols(request);
      request.setUri(RequestTarget.encoded(request.uri()));
      context.fireChannelRead(message);
    } else if (message instanceof HttpContent content && content.decoderResult().isFailure()) {
      broken = true;
      content.release();
      if (current != null) {
        current.headers().set(BROKEN, "true");
      }
      context.fireChannelRead(LastHttpContent.EMPTY_LAST_CONTENT);
    } else {
      context.fireChannelRead(message);
    }
  }

  /**
   * A connection that fails, because its client resets it for example, is closed. Vert.x would
   * close it as well, but fails itself where requests wait for their turn on that connection.
   */
  @Override
  @SuppressWarnings("FutureReturnValueIgnored") // Nothing is left to do once it is closed.
  public void exceptionCaught(ChannelHandlerContext context, Throwable failure) {
    LOG.debugf("a connection failed: %s", failure);
    context.close();
  }

  private static void refuseOtherProtocols(HttpRequest request) {
    var version = request.protocolVersion();
    if (!version.equals(HttpVersion.HTTP_1_1) && !version.equals(HttpVersion.HTTP_1_0)) {
      // Or the answer would be in that protocol's name.
      request.setProtocolVersion(HttpVersion.HTTP_1_1);
      if (request.decoderResult().isSuccess()) {
        request.setDecoderResult(
            DecoderResult.failure(new IllegalArgumentException("protocol " + version)));
      }
    }
  }
}
