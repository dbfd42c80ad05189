package io.platen.rest;

import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.MediaType;

/** What machines of the Paperspace API have and those of Platen have not. */
@Path("/v1/machines/{id}/{resource:accessors|desktop}{more:(/.*)?}")
@Produces(MediaType.APPLICATION_JSON)
public final class NotOfferedOfMachinesResource extends NotOffered {
  @Override
  String path(String resource) {
    return "/machines/{id}/" + resource;
  }
}
