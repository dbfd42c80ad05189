package io.platen.rest;

import io.quarkus.smallrye.openapi.OpenApiFilter;
import java.util.List;
import org.eclipse.microprofile.openapi.OASFactory;
import org.eclipse.microprofile.openapi.OASFilter;
import org.eclipse.microprofile.openapi.models.OpenAPI;
import org.eclipse.microprofile.openapi.models.Operation;
import org.eclipse.microprofile.openapi.models.PathItem;
import org.eclipse.microprofile.openapi.models.media.Schema;
import org.eclipse.microprofile.openapi.models.security.SecurityScheme;
import org.jboss.jandex.IndexView;

/** Completes the document that Quarkus makes of the resources, when Platen is built. */
@OpenApiFilter(stages = OpenApiFilter.RunStage.BUILD)
public final class OpenApiDocument implements OASFilter {
  static final String KEY = "apiKey";

  private final IndexView classes;

  public OpenApiDocument(IndexView classes) {
    this.classes = classes;
  }

  @Override
  public void filterOpenAPI(OpenAPI document) {
    document
        .getComponents()
        .addSecurityScheme(
            KEY,
            OASFactory.createSecurityScheme()
                .type(SecurityScheme.Type.HTTP)
                .scheme("bearer")
                .description(
                    "A key made with \"platen key create\", or printed at the first start."));
    document.addSecurityRequirement(OASFactory.createSecurityRequirement().addScheme(KEY));
    new Schemas(classes).complete(document.getComponents());
    var operations = new Operations(classes);
    document
        .getPaths()
        .getPathItems()
        .forEach(
            (path, item) ->
                item.getOperations()
                    .forEach((method, operation) -> operations.complete(path, method, operation)));
    describeDocument(document);
  }

  /** The one endpoint that is not ours. */
  private static void describeDocument(OpenAPI document) {
    Schema object = OASFactory.createSchema().addType(Schema.SchemaType.OBJECT);
    Operation get =
        OASFactory.createOperation()
            .operationId("getOpenapiDocument")
            .summary("Get this document")
            .addTag("Server")
            .security(List.of());
    Operations.answer(get, "200", "This document.", object);
    PathItem item = OASFactory.createPathItem().GET(get);
    document.getPaths().addPathItem("/v1/openapi.json", item);
    document.setInfo(
        OASFactory.createInfo()
            .title("Platen API")
            .version("1")
            .description(Operations.INTRODUCTION)
            .license(OASFactory.createLicense().name("Apache-2.0").identifier("Apache-2.0")));
  }
}
