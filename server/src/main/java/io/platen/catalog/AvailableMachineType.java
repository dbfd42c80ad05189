package io.platen.catalog;

import org.eclipse.microprofile.openapi.annotations.media.Schema;

/**
 * A machine type that the catalog offers where a template is, and whether the template can be
 * launched on it.
 */
@Schema(name = "AvailableMachineType")
public record AvailableMachineType(String machineTypeLabel, boolean isAvailable) {}
