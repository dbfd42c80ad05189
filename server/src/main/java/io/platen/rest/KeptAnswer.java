package io.platen.rest;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import org.jspecify.annotations.Nullable;

/**
 * An answer as it was sent; a refusal with its details, whoever asked first.
 *
 * @param body JSON
 */
record KeptAnswer(int status, String body) {
  private static final ObjectMapper MAPPER = new ObjectMapper();

  /** The body, as the client that sent the header {@code x-client} can read it. */
  String bodyFor(@Nullable String client) {
    if (status < 400 || !ErrorBody.CLIENT_WITHOUT_DETAILS.equals(client)) {
      return body;
    }
    try {
      var error = MAPPER.readTree(body);
      return error instanceof ObjectNode object
          ? MAPPER.writeValueAsString(object.without("details"))
          : body;
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("a kept answer that is no JSON", e);
    }
  }
}
