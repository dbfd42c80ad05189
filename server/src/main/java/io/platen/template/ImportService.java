package io.platen.template;

import io.platen.catalog.Catalog;
import io.platen.disk.Disk;
import io.platen.model.Ids;
import io.platen.model.Issues;
import io.platen.model.ObjectName;
import io.platen.model.OperatingSystem;
import io.platen.model.Refusal;
import java.io.IOException;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import org.jspecify.annotations.Nullable;

/** The rules by which OS templates are made of disk images. */
public final class ImportService {
  private final OsTemplateService templates;
  private final Catalog catalog;
  private final InstantSource clock;

  public ImportService(OsTemplateService templates, Catalog catalog, InstantSource clock) {
    this.templates = templates;
    this.catalog = catalog;
    this.clock = clock;
  }

  /**
   * Begins the import of an image.
   *
   * @param id one that clients name; null for a random one
   * @param os for people to read
   * @throws IOException where the image's header can't be read, or is refused
   * @throws Refusal INVALID where the name or the id can't be one, CONFLICT where the id is taken
   */
  public TemplateService.TemplateAndEvent begin(
      @Nullable String id, String name, Disk.Adopted file, String os, String agentType)
      throws IOException {
    var issues = new Issues();
    String checked = ObjectName.check("name", name, issues);
    issues.throwIfAny();
    return templates.create(
        Template.importing(
            id == null ? Ids.template() : id,
            checked,
            catalog.regionNames().getFirst(),
            new OperatingSystem(agentType, os, "x86_64", "bios"),
            file.header().virtualSize(),
            file,
            clock.instant().truncatedTo(ChronoUnit.MILLIS)));
  }
}
