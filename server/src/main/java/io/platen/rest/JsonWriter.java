package io.platen.rest;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.ObjectWriter;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.MultivaluedMap;
import jakarta.ws.rs.ext.Provider;
import java.io.IOException;
import java.io.OutputStream;
import java.lang.annotation.Annotation;
import java.lang.reflect.Type;
import org.jboss.resteasy.reactive.server.spi.ResteasyReactiveResourceInfo;
import org.jboss.resteasy.reactive.server.spi.ServerMessageBodyWriter;
import org.jboss.resteasy.reactive.server.spi.ServerRequestContext;

/**
 * Writes answers, each at once and with its length. Texts are JSON already, and are left to
 * Quarkus.
 */
@Provider
@Produces(MediaType.APPLICATION_JSON)
public final class JsonWriter implements ServerMessageBodyWriter<Object> {
  private final ObjectWriter writer;

  public JsonWriter(ObjectMapper mapper) {
    writer = mapper.writer();
  }

  private static boolean isObject(Class<?> type) {
    return type != String.class && type != byte[].class;
  }

  @Override
  public boolean isWriteable(
      Class<?> type, Type generic, ResteasyReactiveResourceInfo method, MediaType media) {
    return isObject(type);
  }

  @Override
  public boolean isWriteable(
      Class<?> type, Type generic, Annotation[] annotations, MediaType media) {
    return isObject(type);
  }

  @Override
  public void writeResponse(Object answer, Type generic, ServerRequestContext context)
      throws IOException {
    context.serverResponse().end(writer.writeValueAsBytes(answer));
  }

  @Override
  public void writeTo(
      Object answer,
      Class<?> type,
      Type generic,
      Annotation[] annotations,
      MediaType media,
      MultivaluedMap<String, Object> headers,
      OutputStream out)
      throws IOException {
    writer.writeValue(out, answer);
  }
}
