package io.platen.catalog;

/**
 * A machine type that the catalog offers where a template is, and whether the template can be
 * launched on it.
 */
public record AvailableMachineType(String machineTypeLabel, boolean isAvailable) {}
