package io.platen.upkeep;

import org.eclipse.microprofile.openapi.annotations.media.Schema;

/** What a template takes, as clients see it. */
@Schema(name = "TemplateStorage")
public record StorageView(
    @Schema(description = "The size of its disk.") long virtualBytes,
    @Schema(description = "What of the disk is not zeros.") long dataBytes,
    @Schema(description = "What the chunks of the disk take in the store, compressed.")
        long storedBytes,
    @Schema(
            description =
                "What purging the template would free in the store: 0 while a machine's disk stands on it.")
        long exclusiveBytes,
    @Schema(description = "How many different chunks the disk has.") long chunks,
    @Schema(description = "How many of those another template has too.") long sharedChunks) {
  static StorageView of(Storage.OfTemplate template) {
    var usage = template.usage();
    return new StorageView(
        usage.virtualBytes(),
        usage.dataBytes(),
        usage.storedBytes(),
        template.freedByPurging(),
        usage.chunks(),
        usage.sharedChunks());
  }
}
