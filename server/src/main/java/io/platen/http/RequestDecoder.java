package io.platen.http;

import io.netty.handler.codec.http.HttpMessage;
import io.netty.util.AsciiString;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.impl.VertxHttpRequestDecoder;

/**
 * Vert.x' decoder of requests, which also counts headers: each takes about 140 bytes of memory,
 * however short it is, so that a head within the limit of bytes could take forty times as much.
 */
final class RequestDecoder extends VertxHttpRequestDecoder {
  private int headers;

  RequestDecoder(HttpServerOptions options) {
    super(options);
  }

  /** There are more headers than are taken. */
  static final class TooManyHeaders extends IllegalArgumentException {
    private static final long serialVersionUID = 1;
  }

  @Override
  protected HttpMessage createMessage(String[] initialLine) {
    headers = 0;
    return super.createMessage(initialLine);
  }

  @Override
  protected AsciiString splitHeaderName(byte[] line, int start, int length) {
    headers++;
    if (headers > HttpLimits.HEADER_LINES) {
      throw new TooManyHeaders();
    }
    return super.splitHeaderName(line, start, length);
  }
}
