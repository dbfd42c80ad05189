package io.platen.template;

import io.platen.catalog.AvailableMachineType;
import io.platen.catalog.Catalog;
import io.platen.rest.DiskSize;
import java.time.Instant;
import java.util.List;
import org.eclipse.microprofile.openapi.annotations.media.Schema;

/** An OS template as clients see it. */
@Schema(name = "OsTemplate")
public record OsTemplateView(
    String id,
    String name,
    String agentType,
    String operatingSystemLabel,
    @DiskSize int defaultSizeGb,
    List<AvailableMachineType> availableMachineTypes,
    Instant dtCreated) {
  static OsTemplateView of(Template template, Catalog catalog) {
    return new OsTemplateView(
        template.id(),
        template.name(),
        template.os().agentType(),
        template.os().label(),
        TemplateView.defaultSize(template),
        catalog.availableAnywhere(
            template.os().architecture(),
            template.os().firmware(),
            template.state() == TemplateState.AVAILABLE),
        template.dtCreated());
  }
}
