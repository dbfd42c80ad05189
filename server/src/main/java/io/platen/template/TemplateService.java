package io.platen.template;

import io.platen.database.Database;
import io.platen.database.DatabaseClaim;
import io.platen.event.Event;
import io.platen.event.EventName;
import io.platen.job.JobService;
import io.platen.machine.Machine;
import io.platen.machine.MachineRepository;
import io.platen.machine.MachineState;
import io.platen.model.Gigabytes;
import io.platen.model.Ids;
import io.platen.model.Refusal;
import io.platen.paging.Filter;
import io.platen.paging.ListRequest;
import io.platen.paging.Page;
import io.platen.paging.SortKeyHistory;
import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jdbi.v3.core.Handle;

/** The rules of custom templates and OS templates. */
public final class TemplateService {
  private final Database database;
  private final TemplateRepository templates;
  private final TemplateDeletion deletion;
  private final MachineRepository machines;
  private final JobService jobs;
  private final IndexFiles indexes;
  private final InstantSource clock;
  private final TemplateSearch search;

  public TemplateService(
      Database database,
      TemplateRepository templates,
      TemplateDeletion deletion,
      MachineRepository machines,
      JobService jobs,
      IndexFiles indexes,
      InstantSource clock) {
    this.database = database;
    this.templates = templates;
    this.deletion = deletion;
    this.machines = machines;
    this.jobs = jobs;
    this.indexes = indexes;
    this.clock = clock;
    this.search = new TemplateSearch(database.dialect());
  }

  /** A template and the event of what is under way for it. */
  public record TemplateAndEvent(Template template, Event event) {}

  public Page<Template> list(
      ListRequest request, Optional<String> name, Optional<String> machineId) {
    var filters = new ArrayList<Filter>();
    filters.add(Filter.equal("team_id", request.teamId()));
    filters.add(Filter.that("o.dt_deleted IS NULL AND o.is_snapshot = 0"));
    machineId.ifPresent(id -> filters.add(Filter.equal("parent_machine_id", id)));
    return database.query(
        queries -> {
          name.ifPresent(text -> filters.addAll(search.nameContains(queries, text)));
          return templates.listCustom(queries, request, filters);
        });
  }

  /** Templates that can be undeleted. */
  public Page<Template> listDeleted(
      ListRequest request, Optional<String> name, Optional<String> machineId) {
    var filters = new ArrayList<Filter>();
    filters.add(Filter.equal("team_id", request.teamId()));
    filters.add(
        Filter.that("o.dt_deleted IS NOT NULL AND o.dt_purged IS NULL AND o.is_snapshot = 0"));
    machineId.ifPresent(id -> filters.add(Filter.equal("parent_machine_id", id)));
    // The index of names has none of them.
    name.ifPresent(text -> filters.add(Filter.nameContains(text)));
    return database.query(queries -> templates.listDeleted(queries, request, filters));
  }

  /** OS templates whose import is done. */
  public Page<Template> listOs(ListRequest request, Optional<String> name) {
    var filters = new ArrayList<Filter>();
    filters.add(Filter.that("o.team_id IS NULL"));
    filters.add(Filter.that("o.dt_deleted IS NULL"));
    filters.add(Filter.that("o.state IN ('available', 'damaged')"));
    name.ifPresent(text -> filters.add(Filter.nameContains(text)));
    return database.query(queries -> templates.listOs(queries, request, filters));
  }

  public List<Template> listAll() {
    return database.read(templates::listAll);
  }

  /**
   * Begins the capture of a machine's disk, in the caller's transaction.
   *
   * @throws Refusal NOT_FOUND where the team has no such machine, CONFLICT where it has no disk
   *     yet, BAD_REQUEST where its disk is larger than any size of the API
   */
  public TemplateAndEvent create(Handle handle, String teamId, String machineId, String name) {
    var machine = machines.lock(handle, teamId, machineId);
    if (machine.state() == MachineState.PROVISIONING) {
      throw Refusal.conflict(
          "Machine %s is still being created; wait for its create event to end."
              .formatted(machineId));
    }
    if (machine.state() != MachineState.OFF && machine.state() != MachineState.READY) {
      throw Refusal.conflict(
          "Machine %s is currently %s; wait for that to end."
              .formatted(machineId, machine.state().label()));
    }
    if (Gigabytes.smallestFor(machine.disk().bytes()).isEmpty()) {
      throw Refusal.invalid(
          "machineId",
          "the disk of %s holds %d bytes; a template holds at most %d GB"
              .formatted(machineId, machine.disk().bytes(), Gigabytes.SIZES.getLast()));
    }
    var template = capturing(machine, name);
    templates.insert(handle, template);
    var event = jobs.create(handle, teamId, machineId, template.id(), EventName.TEMPLATE_CREATE);
    return new TemplateAndEvent(template, event);
  }

  private Template capturing(Machine machine, String name) {
    return Template.capturing(
        Ids.template(),
        machine.teamId(),
        machine.id(),
        name,
        machine.region(),
        machine.os(),
        machine.disk().bytes(),
        now());
  }

  /**
   * A team's template.
   *
   * @throws Refusal NOT_FOUND where the team has no such template
   */
  public Template get(String teamId, String id) {
    return ofTeam(database.query(queries -> templates.find(queries, id)), teamId, id);
  }

  private Template get(Handle handle, String teamId, String id) {
    return ofTeam(templates.find(handle, id), teamId, id);
  }

  private static Template ofTeam(Optional<Template> found, String teamId, String id) {
    return found
        .filter(template -> teamId.equals(template.teamId()))
        .orElseThrow(() -> Refusal.notFound("custom template", id));
  }

  public Template rename(String teamId, String id, String name) {
    return database.transaction(
        handle -> {
          long version = SortKeyHistory.begin(handle, teamId);
          var template = get(handle, teamId, id);
          if (!template.name().equals(name)) {
            templates.rename(handle, teamId, version, template, name, now());
          }
          return get(handle, teamId, id);
        });
  }

  /**
   * Deletes a template, and cancels its capture if that is under way.
   *
   * @throws Refusal NOT_FOUND where the team has no such template, CONFLICT where it is protected
   */
  public Template delete(String teamId, String id) {
    var now = now();
    var deleted =
        database.transaction(
            handle -> {
              var template = get(handle, teamId, id);
              if (!deletion.delete(handle, id, now)) {
                throw notDeleted(handle, id);
              }
              jobs.cancelByTemplate(handle, id, EventName.TEMPLATE_CREATE);
              return template;
            });
    indexes.removeUnused(List.of(id));
    return deleted.withDeleted(now);
  }

  /**
   * Deletes a template for good, or ends the time in which one that is deleted could be undeleted.
   *
   * @throws Refusal NOT_FOUND where the team has no such template, or it is purged; CONFLICT where
   *     it is protected
   */
  public Template purge(String teamId, String id) {
    var now = now();
    var purged =
        database.transaction(
            handle -> {
              var template =
                  ofTeam(
                      templates.find(handle, id).or(() -> templates.findDeleted(handle, id)),
                      teamId,
                      id);
              if (!deletion.purge(handle, id, now)) {
                throw notDeleted(handle, id);
              }
              jobs.cancelByTemplate(handle, id, EventName.TEMPLATE_CREATE);
              jobs.cancelByTemplate(handle, id, EventName.TEMPLATE_DISTRIBUTE);
              return template;
            });
    indexes.removeUnused(List.of(id));
    return purged.dtDeleted() == null ? purged.withDeleted(now) : purged;
  }

  private Refusal notDeleted(Handle handle, String id) {
    return deletion.isProtected(handle, id)
        ? Refusal.conflict(
            "Template %s is protected, and can't be deleted before that is ended (POST /custom-templates/%s/unprotect)."
                .formatted(id, id))
        : Refusal.notFound("custom template", id);
  }

  /**
   * Undoes a deletion, in the caller's transaction.
   *
   * @throws Refusal NOT_FOUND where the team has no such template, or it can't be undeleted any
   *     more; CONFLICT where it is not deleted
   */
  public Template undelete(Handle handle, String teamId, String id) {
    refuseUnlessDeleted(handle, teamId, id);
    var deleted = templates.findDeleted(handle, id);
    if (deleted.filter(found -> teamId.equals(found.teamId())).isEmpty()
        || !deletion.undelete(handle, id)) {
      // Another request may have undeleted it since.
      refuseUnlessDeleted(handle, teamId, id);
      throw Refusal.notFound("custom template", id);
    }
    return get(handle, teamId, id);
  }

  private void refuseUnlessDeleted(Handle handle, String teamId, String id) {
    if (templates.find(handle, id).filter(found -> teamId.equals(found.teamId())).isPresent()) {
      throw Refusal.conflict("Template %s is not deleted.".formatted(id));
    }
  }

  /**
   * Protects a template from being deleted, or ends that, in the caller's transaction.
   *
   * @throws Refusal NOT_FOUND where the team has no such template, CONFLICT while it is captured
   */
  public Template protect(Handle handle, String teamId, String id, boolean isProtected) {
    get(handle, teamId, id);
    if (!deletion.protect(handle, id, isProtected)) {
      throw Refusal.conflict(
          "Template %s is still being captured; wait for its template-create event to end."
              .formatted(get(handle, teamId, id).id()));
    }
    return get(handle, teamId, id);
  }

  /**
   * Whether a template is protected.
   *
   * @throws Refusal NOT_FOUND where the team has no such template
   */
  public boolean isProtected(String teamId, String id) {
    return database.read(
        handle -> {
          get(handle, teamId, id);
          return deletion.isProtected(handle, id);
        });
  }

  /** The ids of all templates that are protected, of every team. */
  public Set<String> listProtected() {
    return database.read(deletion::listProtected);
  }

  /**
   * Has the store of a region get a template, in the caller's transaction.
   *
   * @param store the one that the region uses
   * @param buckets the stores that every node can read
   * @throws Refusal NOT_FOUND where the team has no such template; CONFLICT where it is not
   *     complete, or damaged
   */
  public TemplateAndEvent distribute(
      Handle handle, String teamId, String id, String store, Set<String> buckets) {
    var template = get(handle, teamId, id);
    if (template.state() == TemplateState.DAMAGED) {
      throw Refusal.conflict(
          "Template %s is damaged, and can't be copied. Capture a machine that holds the same data, and it is whole again."
              .formatted(id));
    }
    if (template.state() != TemplateState.AVAILABLE) {
      throw Refusal.conflict(
          "Template %s is still being captured; wait for its template-create event to end."
              .formatted(id));
    }
    return new TemplateAndEvent(template, distribution(handle, template, teamId, store, buckets));
  }

  private Event distribution(
      Handle handle, Template template, String teamId, String store, Set<String> buckets) {
    var name = EventName.TEMPLATE_DISTRIBUTE;
    String id = template.id();
    var stores = TemplateCopies.stores(handle, id);
    if (stores.contains(store)) {
      return jobs.createDone(handle, teamId, id, name);
    }
    if (stores.stream().anyMatch(buckets::contains)) {
      // A node of the region reads it.
      return nodeOf(handle, List.of(store))
          .map(node -> jobs.create(handle, teamId, null, id, name, node))
          .orElseGet(
              () ->
                  failed(
                      handle,
                      teamId,
                      id,
                      "no node that uses the store %s is at work, so that nothing is copied into it; start one"
                          .formatted(store)));
    }
    String from = String.join(", ", stores);
    if (!buckets.contains(store)) {
      return failed(
          handle,
          teamId,
          id,
          "the template is in the directory of the store %s alone, and the store %s is a directory of another node: neither node can read the other's. Distribute it to a region whose store is a bucket, and then to this one; or capture a machine there"
              .formatted(from, store));
    }
    // What is in a node's directory, that node alone can read.
    return nodeOf(handle, stores)
        .map(node -> jobs.createCopy(handle, teamId, id, name, node, store))
        .orElseGet(
            () ->
                failed(
                    handle,
                    teamId,
                    id,
                    "the template is in the directory of the store %s alone, and no node that uses that is at work; start one"
                        .formatted(from)));
  }

  private Event failed(Handle handle, String teamId, String templateId, String error) {
    return jobs.createFailed(
        handle, teamId, null, templateId, EventName.TEMPLATE_DISTRIBUTE, error);
  }

  /** A node at work that uses one of these stores. */
  private Optional<String> nodeOf(Handle handle, List<String> stores) {
    return stores.stream()
        .map(store -> TemplateCopies.nodeWith(handle, store, database.node(), isAlive()))
        .flatMap(Optional::stream)
        .findFirst();
  }

  /**
   * The node that can say what a template takes in the store that it was captured into, or was
   * copied into: this one, where it uses such a store.
   *
   * @throws Refusal CONFLICT where no node that uses one is at work
   */
  public String nodeWith(String id) {
    String here = database.node();
    if (here.isEmpty()) {
      return here;
    }
    return database.read(
        handle -> {
          var stores = TemplateCopies.stores(handle, id);
          return stores.contains(indexes.store())
              ? here
              : nodeOf(handle, stores)
                  .orElseThrow(
                      () ->
                          Refusal.conflict(
                              "Template %s is in the store %s, and no node that uses it is at work; start one."
                                  .formatted(id, String.join(", ", stores))));
        });
  }

  private String isAlive() {
    return "dt_heartbeat >= %s - %d"
        .formatted(database.dialect().now(), DatabaseClaim.SILENT.toMillis());
  }

  /** Undoes a capture: its template is deleted. */
  public void undoCapture(Handle handle, Event capture) {
    String id = capture.requireTemplateId();
    if (deletion.delete(handle, id, now())) {
      jobs.cancelByTemplate(handle, id, EventName.TEMPLATE_CREATE);
      handle.afterCommit(() -> indexes.removeUnused(List.of(id)));
    }
  }

  private Instant now() {
    return clock.instant().truncatedTo(ChronoUnit.MILLIS);
  }
}
