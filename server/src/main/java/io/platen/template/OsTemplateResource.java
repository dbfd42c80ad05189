package io.platen.template;

import io.platen.catalog.Catalog;
import io.platen.model.Issues;
import io.platen.paging.Cursors;
import io.platen.paging.Page;
import io.platen.rest.ListFilter;
import io.platen.rest.ListOrder;
import io.platen.rest.ListOrders;
import io.platen.rest.ListParams;
import io.platen.rest.Public;
import io.platen.rest.QueryParams;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.UriInfo;
import java.util.List;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;

/** OS templates over HTTP; they are everybody's. */
@Path("/v1/os-templates")
@Produces(MediaType.APPLICATION_JSON)
@Tag(name = "OS templates")
public final class OsTemplateResource {
  private static final List<String> ORDERS = ListOrders.of(OsTemplateResource.class);

  private final TemplateService templates;
  private final Catalog catalog;
  private final Cursors cursors;

  public OsTemplateResource(TemplateService templates, Catalog catalog, Cursors cursors) {
    this.templates = templates;
    this.catalog = catalog;
    this.cursors = cursors;
  }

  @GET
  @Public
  @Operation(summary = "List OS templates")
  @ListOrder("name")
  @ListFilter(by = "name", to = ListFilter.NAMES)
  public Page<OsTemplateView> list(@Context UriInfo uri) {
    var query = new QueryParams(uri.getQueryParameters(), new Issues());
    var page = ListParams.read(query, cursors, "os-templates", "", ORDERS);
    var name = query.text("name");
    query.issues().throwIfAny();
    return templates.listOs(page, name).map(template -> OsTemplateView.of(template, catalog));
  }
}
