package io.platen.http;

import io.netty.buffer.ByteBufHolder;
import io.netty.channel.ChannelDuplexHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPromise;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpStatusClass;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.util.ReferenceCountUtil;
import java.util.ArrayDeque;
import java.util.Queue;
import org.jboss.logging.Logger;

/**
 * Lets one request at a time through on a connection: the next one follows when the client has
 * taken the answer. Vert.x would work through whatever a client sends and keep the answers for it,
 * without a bound. Used by the connection's event loop alone.
 */
final class PipeliningGuard extends ChannelDuplexHandler {
  private static final Logger LOG = Logger.getLogger(PipeliningGuard.class);

  private final Admission admission;
  private final Queue<Object> held = new ArrayDeque<>();
  private long heldBytes;
  private boolean receiving;
  private boolean answering;
  private boolean closed;

  PipeliningGuard(Admission admission) {
    this.admission = admission;
  }

  /** Whether a request was let through whose answer is not with the client's host yet. */
  boolean isAnswering() {
    return answering;
  }

  /** Whether a request was let through whose end was not received yet. */
  boolean isReceiving() {
    return receiving;
  }

  @Override
  public void channelRead(ChannelHandlerContext context, Object message) {
    if (closed) {
      ReferenceCountUtil.release(message);
      return;
    }
    if (held.isEmpty() && !mustWait(message)) {
      pass(context, message);
      return;
    }
    context.channel().config().setAutoRead(false);
    held.add(message);
    long bytes = bytes(message);
    heldBytes += bytes;
    admission.held().overdraw(bytes);
    if (held.size() > HttpLimits.HELD || admission.held().isSpent()) {
      LOG.debug("a client sends more requests at once than are held for it");
      closed = true;
      close(context);
    }
  }

  /** What a part of a request takes in memory. */
  private static long bytes(Object message) {
    return switch (message) {
      case HttpRequest request -> {
        long bytes = HttpLimits.REQUEST_BYTES;
        bytes += request.uri().length();
        for (var header : request.headers()) {
          bytes += HttpLimits.HEADER_BYTES;
          bytes += header.getKey().length();
          bytes += header.getValue().length();
        }
        yield bytes;
      }
      case ByteBufHolder content -> content.content().readableBytes();
      default -> 0;
    };
  }

  private void giveBackHeld() {
    admission.held().giveBack(heldBytes);
    heldBytes = 0;
  }

  private boolean mustWait(Object message) {
    return answering && message instanceof HttpRequest;
  }

  private void pass(ChannelHandlerContext context, Object message) {
    if (message instanceof HttpRequest) {
      receiving = true;
      answering = true;
    }
    if (message instanceof LastHttpContent) {
      receiving = false;
    }
    context.fireChannelRead(message);
  }

  @SuppressWarnings("FutureReturnValueIgnored") // Nothing is left to do once it is closed.
  private static void close(ChannelHandlerContext context) {
    context.close();
  }

  @Override
  @SuppressWarnings("FutureReturnValueIgnored") // The promise is the future.
  public void write(ChannelHandlerContext context, Object message, ChannelPromise promise) {
    boolean ends = endsAnswer(message);
    long bytes = message instanceof ByteBufHolder holder ? holder.content().readableBytes() : 0;
    if (!ends && bytes == 0) {
      context.write(message, promise);
      return;
    }
    var sent = promise.unvoid();
    admission.answers().overdraw(bytes);
    sent.addListener(done -> admission.answers().giveBack(bytes));
    if (ends) {
      // Not at once: Vert.x ends the present request after it has written the answer.
      sent.addListener(done -> context.executor().execute(() -> next(context)));
    }
    context.write(message, sent);
  }

  private static boolean endsAnswer(Object message) {
    boolean informs =
        message instanceof HttpResponse response
            && response.status().codeClass() == HttpStatusClass.INFORMATIONAL;
    return message instanceof LastHttpContent && !informs;
  }

  private void next(ChannelHandlerContext context) {
    answering = false;
    if (held.isEmpty()) {
      return;
    }
    while (!held.isEmpty() && !mustWait(held.element())) {
      var message = held.remove();
      if (held.isEmpty()) {
        giveBackHeld();
        context.channel().config().setAutoRead(true);
      }
      pass(context, message);
    }
    context.fireChannelReadComplete();
  }

  @Override
  public void channelInactive(ChannelHandlerContext context) {
    closed = true;
    held.forEach(ReferenceCountUtil::release);
    held.clear();
    giveBackHeld();
    context.fireChannelInactive();
  }
}
