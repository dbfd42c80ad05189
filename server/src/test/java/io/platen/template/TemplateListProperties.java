package io.platen.template;

import static org.assertj.core.api.Assertions.assertThat;

import io.platen.config.DataDirectory;
import io.platen.config.ServerConfig;
import io.platen.database.Database;
import io.platen.event.EventRepository;
import io.platen.job.JobService;
import io.platen.machine.MachineRepository;
import io.platen.model.Ids;
import io.platen.model.ObjectName;
import io.platen.model.OperatingSystem;
import io.platen.paging.Cursors;
import io.platen.paging.ListRequest;
import io.platen.paging.Position;
import io.platen.site.Site;
import io.platen.site.StoreIdentity;
import io.platen.team.TeamRepository;
import io.platen.team.TeamService;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.jspecify.annotations.Nullable;

/**
 * Walks along lists whose objects are created, renamed and deleted between pages, beside a model
 * that keeps everything in memory.
 */
abstract class TemplateListProperties {
  private static final InstantSource CLOCK =
      InstantSource.fixed(Instant.parse("2026-01-01T00:00:00Z"));

  /** Few and alike, so that keys are equal and cases and wildcards matter. */
  private static final List<String> NAMES =
      List.of("a", "A", "b", "aB", "Ab%", "a_b", "axb", "ä", "Ä", "z", "\uD83D\uDE00", "\uFFFD");

  private static final List<String> PARTS =
      List.of("a", "B", "%", "_", "ä", "nothing", "ab", "\uD83D\uDE00");

  /** Without U+FFFD and U+FFFE, which SQLite takes for the same as U+FFFF. */
  private static final List<Integer> ENDS =
      List.of((int) ' ', (int) '"', 0xFFFF, 0x10000, 0x10FFFF);

  private static final List<String> MACHINES = List.of("psone", "pstwo");

  @SuppressWarnings("NullAway.Init")
  private static Path directory;

  @SuppressWarnings("NullAway.Init")
  private static Database database;

  @SuppressWarnings("NullAway.Init")
  private static TemplateService service;

  private static final Cursors CURSORS = new Cursors("s".getBytes(StandardCharsets.UTF_8));
  private static final TemplateRepository ROWS = new TemplateRepository(CURSORS);
  private static int teams;

  /** The model's template. */
  private record Entry(String id, String name, Instant created, String machine) {}

  /**
   * Called before the properties.
   *
   * @param url of an empty database; empty for SQLite in a directory of its own
   */
  static void open(String url) throws IOException {
    directory = Files.createTempDirectory("lists");
    var data = new DataDirectory(directory);
    data.create();
    var site = Site.of(ServerConfig.defaults(data.root()));
    database = Database.open(url.isEmpty() ? Database.sqliteUrl(directory.resolve("x.db")) : url);
    service =
        new TemplateService(
            database,
            ROWS,
            new TemplateDeletion(Duration.ofDays(7)),
            new MachineRepository(CURSORS),
            new JobService(database, new EventRepository(CURSORS), CLOCK),
            new IndexFiles(
                site, new StoreIdentity(site, database, "", CLOCK), database, ROWS, Map::of),
            CLOCK);
  }

  /** Called after them. */
  static void remove() throws IOException {
    database.close();
    try (var files = Files.walk(directory)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(file);
      }
    }
  }

  private final Map<String, Entry> model = new LinkedHashMap<>();

  @Property(tries = 200)
  void whatExistsDuringAWholeWalkIsMetOnceAndInOrder(
      @ForAll long seed,
      @ForAll @IntRange(min = 1, max = 7) int limit,
      @ForAll boolean byName,
      @ForAll boolean descending,
      @ForAll boolean filterName,
      @ForAll boolean filterMachine) {
    var random = new Random(seed);
    model.clear();
    String team = new TeamService(database, new TeamRepository(), CLOCK).team("t" + teams++).id();
    for (int i = random.nextInt(12); i >= 0; i--) {
      create(team, random);
    }
    Optional<String> part =
        filterName ? Optional.of(PARTS.get(random.nextInt(PARTS.size()))) : Optional.empty();
    Optional<String> machine =
        filterMachine ? Optional.of(MACHINES.get(random.nextInt(2))) : Optional.empty();

    var atStart = new HashMap<>(model);
    // Those that matched at every moment, and those that matched at any.
    Set<String> always = matching(part, machine);
    Set<String> ever = new HashSet<>(always);
    var seen = new ArrayList<String>();
    String field = byName ? "name" : "dtCreated";
    String list = String.join(" ", "custom-templates", field, descending ? "desc" : "asc");
    @Nullable Position after = null;
    for (boolean more = true; more; ) {
      var page =
          service.list(new ListRequest(list, team, field, descending, limit, after), part, machine);
      assertThat(page.items().size()).isLessThanOrEqualTo(limit);
      page.items().forEach(template -> seen.add(template.id()));
      more = page.hasMore();
      assertThat(page.nextPage() != null).isEqualTo(more);
      if (more) {
        assertThat(page.items()).hasSize(limit);
        after = CURSORS.read(String.valueOf(page.nextPage()), list, team).orElseThrow();
        for (int i = random.nextInt(4); i > 0; i--) {
          change(team, random);
          Set<String> now = matching(part, machine);
          always.retainAll(now);
          ever.addAll(now);
        }
      }
    }

    assertThat(seen).doesNotHaveDuplicates().containsAll(always);
    assertThat(ever).containsAll(seen);
    Comparator<Entry> order =
        byName
            ? Comparator.comparing(
                entry -> entry.name().getBytes(StandardCharsets.UTF_8),
                java.util.Arrays::compareUnsigned)
            : Comparator.comparing(Entry::created);
    order = order.thenComparing(Entry::id);
    var old = seen.stream().filter(atStart::containsKey).map(atStart::get).toList();
    assertThat(old).isSortedAccordingTo(descending ? order.reversed() : order);
  }

  /** Of many letters, a frequent one among them, and those at the ends of what there is. */
  private static String wideName(Random random) {
    var name = new StringBuilder();
    for (int i = random.nextInt(5); i >= 0; i--) {
      name.appendCodePoint(
          switch (random.nextInt(8)) {
            case 0, 1, 2 -> 'a';
            case 3 -> ENDS.get(random.nextInt(ENDS.size()));
            default -> 0x4E00 + random.nextInt(300);
          });
    }
    return name.toString();
  }

  @Property(tries = 5)
  void aPartOfANameIsFoundWhereverItStands(@ForAll long seed) {
    var random = new Random(seed);
    model.clear();
    String team = new TeamService(database, new TeamRepository(), CLOCK).team("t" + teams++).id();
    for (int i = 0; i < 500; i++) {
      create(team, wideName(random), random);
    }
    for (int i = 0; i < 60; i++) {
      var name = List.copyOf(model.values()).get(random.nextInt(model.size())).name();
      int[] letters = name.codePoints().toArray();
      int from = random.nextInt(letters.length);
      int count = Math.min(letters.length - from, 1 + random.nextInt(3));
      String part = i == 0 ? "a" : i < 40 ? new String(letters, from, count) : wideName(random);
      assertThat(walk(team, Optional.of(part)))
          .as("%s", part)
          .isEqualTo(matching(Optional.of(part), Optional.empty()));
    }
  }

  private static Set<String> walk(String team, Optional<String> part) {
    String list = "custom-templates name asc";
    var ids = new HashSet<String>();
    @Nullable Position after = null;
    do {
      var page =
          service.list(
              new ListRequest(list, team, "name", false, 120, after), part, Optional.empty());
      page.items().forEach(template -> assertThat(ids.add(template.id())).isTrue());
      String next = page.nextPage();
      after = next == null ? null : CURSORS.read(next, list, team).orElseThrow();
    } while (after != null);
    return ids;
  }

  private Set<String> matching(Optional<String> part, Optional<String> machine) {
    var ids = new HashSet<String>();
    for (Entry entry : model.values()) {
      boolean name =
          part.isEmpty()
              || ObjectName.fold(entry.name()).contains(ObjectName.fold(part.orElseThrow()));
      if (name && (machine.isEmpty() || entry.machine().equals(machine.orElseThrow()))) {
        ids.add(entry.id());
      }
    }
    return ids;
  }

  private void change(String team, Random random) {
    int kind = random.nextInt(4);
    if (kind == 0 || model.isEmpty()) {
      create(team, random);
      return;
    }
    var entries = List.copyOf(model.values());
    Entry entry = entries.get(random.nextInt(entries.size()));
    if (kind == 1) {
      service.delete(team, entry.id());
      model.remove(entry.id());
      return;
    }
    String name = NAMES.get(random.nextInt(NAMES.size()));
    service.rename(team, entry.id(), name);
    model.put(entry.id(), new Entry(entry.id(), name, entry.created(), entry.machine()));
  }

  private void create(String team, Random random) {
    create(team, NAMES.get(random.nextInt(NAMES.size())), random);
  }

  private void create(String team, String name, Random random) {
    var entry =
        new Entry(
            Ids.template(),
            name,
            CLOCK.instant().plusMillis(random.nextInt(4)),
            MACHINES.get(random.nextInt(2)));
    database.transaction(
        handle -> {
          ROWS.insert(
              handle,
              Template.capturing(
                  entry.id(),
                  team,
                  entry.machine(),
                  entry.name(),
                  "ny2",
                  new OperatingSystem("LinuxHeadless", "Debian 13", "x86_64", "bios"),
                  1 << 20,
                  entry.created()));
          return entry;
        });
    model.put(entry.id(), entry);
  }
}
