package io.platen.machine;

import io.platen.model.Issues;
import io.platen.relay.Relay;
import io.platen.rest.Callers;
import io.platen.rest.ErrorAnswer;
import io.platen.rest.QueryParams;
import io.smallrye.common.annotation.Blocking;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.container.ContainerRequestContext;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.UriInfo;
import java.io.IOException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.enums.ParameterIn;
import org.eclipse.microprofile.openapi.annotations.enums.SchemaType;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.eclipse.microprofile.openapi.annotations.parameters.Parameter;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;

/** The serial consoles of machines over HTTP, to read; beyond the reference. */
@Path("/v1/machines/{id}/console")
@Produces(MediaType.APPLICATION_JSON)
@Tag(name = "Machines")
public final class ConsoleResource {
  private final MachineService machines;
  private final MachineConsole consoles;
  private final Relay relay;

  public ConsoleResource(MachineService machines, MachineConsole consoles, Relay relay) {
    this.machines = machines;
    this.consoles = consoles;
    this.relay = relay;
  }

  /**
   * A piece of what a guest wrote.
   *
   * @param state the machine's
   * @param offset where the text begins, in bytes
   * @param nextOffset where the next piece begins
   */
  @Schema(name = "ConsoleOutput")
  public record Output(
      String machineId,
      String state,
      @Schema(description = "Where the text begins, in bytes.") long offset,
      @Schema(description = "The offset to ask for what comes next.") long nextOffset,
      String text) {}

  @GET
  @Operation(
      summary = "Get the console output of a machine",
      description =
          "What its guest wrote to the serial console: at most 64 KiB from an offset on, or the last lines.")
  @Parameter(
      name = "offset",
      in = ParameterIn.QUERY,
      schema = @Schema(type = SchemaType.INTEGER, minimum = "0"),
      description =
          "In bytes. Without it, the last 16 KiB, from the beginning of a line. One that is beyond the end is of a file that was full: the new one is given from its beginning.")
  @ErrorAnswer(status = 412, when = "The machine was adopted, or its console can't be read.")
  @ErrorAnswer(status = 409, when = "The node that has the machine is silent.")
  @Blocking
  public CompletionStage<Output> get(
      @PathParam("id") String id, @Context UriInfo uri, @Context ContainerRequestContext request)
      throws IOException {
    var query = new QueryParams(uri.getQueryParameters(), new Issues());
    int offset = query.integer("offset", 0, Integer.MAX_VALUE, -1);
    query.issues().throwIfAny();
    var machine = machines.get(Callers.of(request).teamId(), id);
    String node = machine.host().node();
    if (relay.isElsewhere(node)) {
      String path = "/machines/%s/console".formatted(machine.id());
      return relay.ask(
          request,
          node,
          "machine " + machine.id(),
          offset < 0 ? path : "%s?offset=%d".formatted(path, offset));
    }
    var piece = consoles.read(machine, offset < 0 ? null : Long.valueOf(offset));
    return CompletableFuture.completedStage(
        new Output(
            machine.id(), machine.state().label(), piece.offset(), piece.next(), piece.text()));
  }
}
