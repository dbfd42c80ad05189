package io.platen.template;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.databind.annotation.JsonSerialize;
import io.platen.catalog.AvailableMachineType;
import io.platen.catalog.Catalog;
import io.platen.model.Gigabytes;
import io.platen.rest.DiskSize;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.jspecify.annotations.Nullable;

/** A custom template as clients see it: these keys and no others. */
@Schema(name = "CustomTemplate")
@JsonSerialize(using = TemplateJson.class)
public record TemplateView(
    String id,
    String name,
    String agentType,
    String operatingSystemLabel,
    String region,
    @DiskSize int defaultSizeGb,
    List<AvailableMachineType> availableMachineTypes,
    String parentMachineId,
    Instant dtCreated,
    @JsonInclude(JsonInclude.Include.NON_NULL) @Nullable Instant dtDeleted) {
  static TemplateView of(Template template, Catalog catalog) {
    return new TemplateView(
        template.id(),
        template.name(),
        template.os().agentType(),
        template.os().label(),
        template.region(),
        defaultSize(template),
        catalog.available(
            template.region(),
            template.os().architecture(),
            template.os().firmware(),
            template.state() == TemplateState.AVAILABLE),
        Objects.requireNonNull(template.parentMachineId(), "a custom template was captured"),
        template.dtCreated(),
        template.dtDeleted());
  }

  static int defaultSize(Template template) {
    return Gigabytes.smallestFor(template.diskBytes())
        .orElseThrow(
            () ->
                new IllegalStateException(
                    "template %s holds a disk of %d bytes, larger than any size"
                        .formatted(template.id(), template.diskBytes())));
  }
}
