package io.platen.rest;

import jakarta.annotation.Priority;
import jakarta.ws.rs.Priorities;
import jakarta.ws.rs.container.ContainerRequestContext;
import jakarta.ws.rs.container.ContainerRequestFilter;
import jakarta.ws.rs.ext.Provider;

/**
 * Answers for ids in the path that can't be ids of anything. PostgreSQL takes no text that holds a
 * NUL, not even to look for it.
 */
@Provider
@Priority(Priorities.USER + 1000)
public final class PathIds implements ContainerRequestFilter {
  @Override
  public void filter(ContainerRequestContext request) {
    for (var values : request.getUriInfo().getPathParameters().values()) {
      for (var value : values) {
        if (value.chars().anyMatch(Character::isISOControl)) {
          throw new ApiException(
              ErrorCode.NOT_FOUND, "There is nothing with an id that holds control characters.");
        }
      }
    }
  }
}
