package io.platen.http;

import io.vertx.core.buffer.Buffer;
import io.vertx.ext.web.RoutingContext;
import io.vertx.ext.web.impl.RoutingContextInternal;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.MultivaluedMap;
import jakarta.ws.rs.ext.Provider;
import java.io.IOException;
import java.io.InputStream;
import java.lang.annotation.Annotation;
import java.lang.reflect.Type;
import org.jboss.resteasy.reactive.server.core.ResteasyReactiveRequestContext;
import org.jboss.resteasy.reactive.server.spi.ResteasyReactiveResourceInfo;
import org.jboss.resteasy.reactive.server.spi.ServerMessageBodyReader;
import org.jboss.resteasy.reactive.server.spi.ServerRequestContext;

/** Hands a body that was received to its resource. Quarkus' own reader makes four copies of it. */
@Provider
public final class BodyReader implements ServerMessageBodyReader<byte[]> {
  @Override
  public boolean isReadable(
      Class<?> type, Type generic, ResteasyReactiveResourceInfo method, MediaType media) {
    return type == byte[].class;
  }

  @Override
  public boolean isReadable(
      Class<?> type, Type generic, Annotation[] annotations, MediaType media) {
    return type == byte[].class;
  }

  @Override
  public byte[] readFrom(
      Class<byte[]> type, Type generic, MediaType media, ServerRequestContext context) {
    if (context instanceof ResteasyReactiveRequestContext reactive
        && reactive.unwrap(RoutingContext.class) instanceof RoutingContextInternal request) {
      byte[] body = request.body().buffer().getBytes();
      // What was copied is needed no more; the request itself stays until its answer is sent.
      request.setBody(Buffer.buffer());
      return body;
    }
    throw new IllegalStateException("a request of another kind: " + context.getClass());
  }

  @Override
  public byte[] readFrom(
      Class<byte[]> type,
      Type generic,
      Annotation[] annotations,
      MediaType media,
      MultivaluedMap<String, String> headers,
      InputStream in)
      throws IOException {
    return in.readAllBytes();
  }
}
