package io.platen.template;

import io.platen.database.Database;
import io.platen.event.EventName;
import io.platen.job.JobService;
import io.platen.model.Ids;
import io.platen.model.Issues;
import io.platen.model.ObjectName;
import io.platen.model.Refusal;
import io.platen.paging.SortKeyHistory;
import java.io.IOException;
import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Optional;
import org.jdbi.v3.core.Handle;

/** The rules of OS templates: they belong to everyone, and are made by whoever runs the server. */
public final class OsTemplateService {
  /** The row of "team" that counts renames of what belongs to everyone. */
  private static final String EVERYONE = "";

  private final Database database;
  private final TemplateRepository templates;
  private final TemplateDeletion deletion;
  private final JobService jobs;
  private final IndexFiles indexes;
  private final InstantSource clock;

  public OsTemplateService(
      Database database,
      TemplateRepository templates,
      TemplateDeletion deletion,
      JobService jobs,
      IndexFiles indexes,
      InstantSource clock) {
    this.database = database;
    this.templates = templates;
    this.deletion = deletion;
    this.jobs = jobs;
    this.indexes = indexes;
    this.clock = clock;
  }

  /**
   * Begins an import.
   *
   * @param template its id may be a well-known one, which clients name
   * @throws Refusal BAD_REQUEST for what is no template's id; CONFLICT where it was given out
   *     before, or an index has it
   */
  public TemplateService.TemplateAndEvent create(Template template) throws IOException {
    String id = template.id();
    if (!Ids.isTemplate(id)) {
      throw Refusal.invalid(
          "--id",
          "\"%s\" can't be the id of a template: it is a t and 1 to 39 lower-case letters and digits behind it"
              .formatted(id));
    }
    // An import that failed made no template, and what it left in the store is of no use.
    var failed = database.read(handle -> templates.failedImports(handle, id));
    indexes.removeFailed(failed);
    boolean isIndex = failed.isEmpty() && indexes.has(id);
    return database.transaction(
        handle -> {
          var before = templates.removeFailedImport(handle, id);
          if (!templates.insert(handle, template)) {
            throw taken(
                id,
                templates.find(handle, id).isPresent()
                    ? "There is a template with it"
                    : "A template had it that was deleted");
          }
          if (isIndex) {
            throw taken(id, "The store has an index of this name");
          }
          templates.putIn(handle, id, indexes.store());
          // A manifest that the failed one may have left is older than what is told from now on.
          if (before.isPresent()) {
            ManifestChanges.outrank(handle, id, before.getAsLong());
          }
          return new TemplateService.TemplateAndEvent(
              template, jobs.create(handle, null, null, id, EventName.TEMPLATE_IMPORT));
        });
  }

  private static Refusal taken(String id, String why) {
    return Refusal.conflict(
        "The id %s is taken. %s, and an id means one template for ever; choose another."
            .formatted(id, why));
  }

  /** All that are not deleted, by their names. */
  public List<Template> listAll() {
    return database.read(templates::listAllOs);
  }

  /**
   * Renames an OS template.
   *
   * @throws Refusal NOT_FOUND where there is none, BAD_REQUEST for what is no name
   */
  public Template rename(String id, String name) {
    var issues = new Issues();
    String checked = ObjectName.check("NAME", name, issues);
    issues.throwIfAny();
    return database.transaction(
        handle -> {
          long version = SortKeyHistory.begin(handle, EVERYONE);
          var template = require(handle, id);
          if (!template.name().equals(checked)) {
            templates.rename(handle, EVERYONE, version, template, checked, now());
          }
          return require(handle, id);
        });
  }

  /**
   * What became of a deletion.
   *
   * @param machines how many machines stand on its base image, which stays as long as they do
   */
  public record Deleted(Template template, int machines) {}

  /**
   * Deletes an OS template, and cancels its import if that is under way. Machines that were
   * launched from it are not touched: what their disks stand on stays until they are removed.
   *
   * @param purge whether it is deleted for good; it may be deleted already then
   * @throws Refusal NOT_FOUND where there is none
   */
  public Deleted delete(String id, boolean purge) {
    var now = now();
    var deleted =
        database.transaction(
            handle -> {
              var template =
                  ofEveryone(
                      purge
                          ? templates.find(handle, id).or(() -> templates.findDeleted(handle, id))
                          : templates.find(handle, id),
                      id);
              if (!(purge ? deletion.purge(handle, id, now) : deletion.delete(handle, id, now))) {
                throw Refusal.notFound("OS template", id);
              }
              jobs.cancelByTemplate(handle, id, EventName.TEMPLATE_IMPORT);
              return new Deleted(template.withDeleted(now), templates.machinesOn(handle, id));
            });
    indexes.removeUnused(List.of(id));
    return deleted;
  }

  /**
   * Undoes a deletion.
   *
   * @throws Refusal NOT_FOUND where there is none that can be undeleted
   */
  public Template undelete(String id) {
    return database.transaction(
        handle -> {
          ofEveryone(templates.findDeleted(handle, id), id);
          if (!deletion.undelete(handle, id)) {
            throw Refusal.notFound("OS template", id);
          }
          return require(handle, id);
        });
  }

  /** All that can be undeleted, by their names. */
  public List<Template> listDeleted() {
    return database.read(templates::listDeletedOs);
  }

  private Template require(Handle handle, String id) {
    return ofEveryone(templates.find(handle, id), id);
  }

  private static Template ofEveryone(Optional<Template> found, String id) {
    return found
        .filter(template -> template.teamId() == null)
        .orElseThrow(() -> Refusal.notFound("OS template", id));
  }

  private Instant now() {
    return clock.instant().truncatedTo(ChronoUnit.MILLIS);
  }
}
