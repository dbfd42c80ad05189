package io.platen.upkeep;

import io.platen.relay.Relay;
import io.platen.rest.Callers;
import io.platen.rest.ErrorAnswer;
import io.platen.template.TemplateService;
import io.smallrye.common.annotation.Blocking;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.container.ContainerRequestContext;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.MediaType;
import java.util.concurrent.CompletionStage;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;

/** What templates take in the store, over HTTP. */
@Path("/v1/custom-templates")
@Produces(MediaType.APPLICATION_JSON)
@Tag(name = "Custom templates")
public final class StorageResource {
  private final TemplateService templates;
  private final StorageRequests storage;
  private final Relay relay;

  public StorageResource(TemplateService templates, StorageRequests storage, Relay relay) {
    this.templates = templates;
    this.storage = storage;
    this.relay = relay;
  }

  @GET
  @Path("/{id}/storage")
  @Operation(summary = "Get the storage of a template")
  @ErrorAnswer(
      status = 409,
      when = "The template is still being captured; or no node of its store is at work.")
  @Blocking
  public CompletionStage<StorageView> get(
      @PathParam("id") String id, @Context ContainerRequestContext request) {
    var template = templates.get(Callers.of(request).teamId(), id);
    String node = templates.nodeWith(template.id());
    if (relay.isElsewhere(node)) {
      return relay.ask(
          request,
          node,
          "template " + template.id(),
          "/custom-templates/%s/storage".formatted(template.id()));
    }
    return storage.get(template).thenApply(StorageView::of);
  }
}
