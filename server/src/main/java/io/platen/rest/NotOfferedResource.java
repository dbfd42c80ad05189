package io.platen.rest;

import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.MediaType;

/**
 * What the Paperspace API has and Platen has not: clients that ask for it are told so, instead of
 * that there is nothing at the path.
 */
@Path(
    "/v1/{resource:account|api-keys|apps|clusters|container-registries|dataset-versions|datasets|deployments|experiments|jobs|machine-types|models|notebooks|projects|secrets|shared-drives|ssh-keys|storage-providers|tags|teams|templates|users|workflows|workspaces}{more:(/.*)?}")
@Produces(MediaType.APPLICATION_JSON)
public final class NotOfferedResource extends NotOffered {
  @Override
  String path(String resource) {
    return "/" + resource;
  }
}
