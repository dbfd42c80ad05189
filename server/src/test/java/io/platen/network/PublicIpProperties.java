package io.platen.network;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.platen.config.AddressRange;
import io.platen.config.HypervisorSettings;
import io.platen.config.PublicIps;
import io.platen.database.Database;
import io.platen.hypervisor.Hypervisor;
import io.platen.machine.BaseTemplate;
import io.platen.machine.Machine;
import io.platen.machine.MachineDisk;
import io.platen.machine.MachineNetwork;
import io.platen.machine.MachinePublicIps;
import io.platen.machine.MachineRepository;
import io.platen.machine.MachineState;
import io.platen.model.Ids;
import io.platen.model.Ipv4;
import io.platen.model.OperatingSystem;
import io.platen.model.Refusal;
import io.platen.paging.Cursors;
import io.platen.paging.ListRequest;
import io.platen.team.TeamRepository;
import io.platen.team.TeamService;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.jspecify.annotations.Nullable;

/** Claims and assignments, beside a model that keeps everything in memory. */
abstract class PublicIpProperties {
  private static final Instant NOW = Instant.parse("2026-01-01T00:00:00Z");
  private static final Cursors CURSORS = new Cursors(new byte[32]);

  /** Few, so that they run out. */
  private static final AddressRange RANGE = range("192.0.2.10-192.0.2.14");

  private static final PublicIpRepository ROWS = new PublicIpRepository(CURSORS);
  private static final MachinePublicIps ADDRESSED = new MachinePublicIps();
  private static final MachineRepository MACHINES = new MachineRepository(CURSORS);

  @SuppressWarnings("NullAway.Init")
  private static Path directory;

  @SuppressWarnings("NullAway.Init")
  private static Database database;

  @SuppressWarnings("NullAway.Init")
  private static PublicIpService service;

  private static AddressRange range(String text) {
    return Objects.requireNonNull(PublicIps.of(text).range());
  }

  /**
   * Called before the properties.
   *
   * @param url of an empty database; empty for SQLite in a directory of its own
   */
  static void open(String url) throws IOException {
    directory = Files.createTempDirectory("addresses");
    database = Database.open(url.isEmpty() ? Database.sqliteUrl(directory.resolve("x.db")) : url);
    service = limited(RANGE.size());
  }

  /** A service that lets each team have so many. */
  private static PublicIpService limited(int perTeam) {
    var absent =
        new Hypervisor(
            new HypervisorSettings(
                HypervisorSettings.Mode.LIBVIRT,
                "qemu+unix:///system?socket=/nowhere",
                "default",
                HypervisorSettings.Acceleration.AUTO,
                Duration.ZERO,
                Duration.ofSeconds(1),
                PublicIps.of(RANGE.toString()).withPerTeam(perTeam)));
    return new PublicIpService(
        database,
        ROWS,
        ADDRESSED,
        absent,
        new StaticAddresses(database, ROWS, ADDRESSED, absent),
        () -> NOW);
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

  private static String team() {
    return new TeamService(database, new TeamRepository(), () -> NOW).team(Ids.team()).id();
  }

  private static String machine(String team, String region, MachineNetwork network) {
    var machine =
        Machine.create(
                Ids.machine(),
                team,
                "m",
                MachineState.OFF,
                region,
                "C1",
                new OperatingSystem("LinuxHeadless", "", "x86_64", "bios"),
                MachineDisk.over(new BaseTemplate("t1", "0".repeat(64)), 1 << 20),
                NOW)
            .withNetwork(network);
    database.change(handle -> MACHINES.insert(handle, machine));
    return machine.id();
  }

  private static PublicIpService.Pool pool(Set<Ipv4> unusable) {
    return new PublicIpService.Pool(RANGE, unusable);
  }

  private static PublicIp claim(String team, String region) {
    return database.transaction(handle -> service.claim(handle, team, region, pool(Set.of())));
  }

  private static List<PublicIp> listed(String team) {
    return service
        .list(new ListRequest("public-ips", team, "dtCreated", false, 100, null), Optional.empty())
        .items();
  }

  /** The model's address. */
  private static final class Entry {
    final String team;
    final String region;
    @Nullable String machine;

    Entry(String team, String region) {
      this.team = team;
      this.region = region;
    }
  }

  private record Owner(String team, String region) {}

  @Property(tries = 40)
  void noAddressIsEverTwoTeamsOrTwoMachines(@ForAll long seed) {
    var random = new Random(seed);
    var model = new TreeMap<Ipv4, Entry>();
    var teams = List.of(team(), team());
    var machines = new TreeMap<String, Owner>();
    for (var team : teams) {
      for (int i = 0; i < 3; i++) {
        String region = i == 2 ? "ca1" : "ny2";
        machines.put(machine(team, region, MachineNetwork.NONE), new Owner(team, region));
      }
    }
    for (int step = 0; step < 30; step++) {
      String team = teams.get(random.nextInt(2));
      switch (random.nextInt(6)) {
        case 0, 1 -> claim(team, random.nextBoolean() ? "ny2" : "ca1", model);
        case 2 -> assign(team, any(random), machines, random, model);
        case 3 -> {
          var ip = any(random);
          var entry = model.get(ip);
          boolean done = succeeds(() -> service.assign(team, ip.toString(), null));
          assertThat(done).isEqualTo(entry != null && entry.team.equals(team));
          if (done) {
            Objects.requireNonNull(entry).machine = null;
          }
        }
        case 4 -> {
          var ip = any(random);
          var entry = model.get(ip);
          boolean done = succeeds(() -> service.release(team, ip.toString()));
          assertThat(done).isEqualTo(entry != null && entry.team.equals(team));
          if (done) {
            model.remove(ip);
          }
        }
        default -> {
          if (!machines.isEmpty()) {
            String gone = List.copyOf(machines.keySet()).get(random.nextInt(machines.size()));
            database.change(handle -> MACHINES.delete(handle, gone, NOW));
            machines.remove(gone);
            model.values().stream()
                .filter(entry -> gone.equals(entry.machine))
                .forEach(entry -> entry.machine = null);
          }
        }
      }
      assertSame(model, teams);
    }
    // The next try finds a range that nobody has claimed.
    model.forEach((ip, entry) -> service.release(entry.team, ip.toString()));
  }

  private static Ipv4 any(Random random) {
    return RANGE.first().plus(random.nextInt(RANGE.size()));
  }

  private static boolean succeeds(Callable<?> work) {
    try {
      var _ = work.call();
      return true;
    } catch (Refusal e) {
      return false;
    } catch (Exception e) {
      throw new AssertionError(e);
    }
  }

  private static void claim(String team, String region, Map<Ipv4, Entry> model) {
    var claimed = new ArrayList<PublicIp>();
    boolean done = succeeds(() -> claimed.add(claim(team, region)));
    assertThat(done).isEqualTo(model.size() < RANGE.size());
    for (var address : claimed) {
      assertThat(model).doesNotContainKey(address.ip());
      assertThat(RANGE.contains(address.ip())).isTrue();
      model.put(address.ip(), new Entry(team, region));
    }
  }

  private static void assign(
      String team, Ipv4 ip, Map<String, Owner> machines, Random random, Map<Ipv4, Entry> model) {
    if (machines.isEmpty()) {
      return;
    }
    String machine = List.copyOf(machines.keySet()).get(random.nextInt(machines.size()));
    var owner = Objects.requireNonNull(machines.get(machine));
    var entry = model.get(ip);
    boolean done = succeeds(() -> service.assign(team, ip.toString(), machine));
    assertThat(done)
        .isEqualTo(
            entry != null
                && entry.team.equals(team)
                && owner.team().equals(team)
                && owner.region().equals(entry.region));
    if (done) {
      model.values().stream()
          .filter(other -> machine.equals(other.machine))
          .forEach(other -> other.machine = null);
      Objects.requireNonNull(entry).machine = machine;
    }
  }

  private static void assertSame(Map<Ipv4, Entry> model, List<String> teams) {
    for (var team : teams) {
      var expected =
          model.entrySet().stream()
              .filter(entry -> entry.getValue().team.equals(team))
              .map(
                  entry ->
                      new PublicIp(
                          entry.getKey(),
                          team,
                          entry.getValue().region,
                          entry.getValue().machine,
                          NOW))
              .toList();
      assertThat(listed(team)).containsExactlyInAnyOrderElementsOf(expected);
    }
  }

  private static <T> List<T> atOnce(int count, Callable<T> work) throws Exception {
    var barrier = new CyclicBarrier(count);
    var results = new ArrayList<T>();
    try (var threads = Executors.newFixedThreadPool(count)) {
      var futures = new ArrayList<Future<T>>();
      for (int i = 0; i < count; i++) {
        futures.add(
            threads.submit(
                () -> {
                  barrier.await();
                  return work.call();
                }));
      }
      for (var future : futures) {
        results.add(future.get());
      }
    }
    return results;
  }

  @Example
  void requestsAtOnceClaimDifferentAddressesUntilNoneIsLeft() throws Exception {
    var teams = List.of(team(), team());
    var claimed = new HashSet<Ipv4>();
    int done = 0;
    for (var result :
        atOnce(
            2 * RANGE.size(),
            () -> {
              String team = teams.get((int) (Thread.currentThread().threadId() % 2));
              var mine = new ArrayList<PublicIp>();
              boolean did = succeeds(() -> mine.add(claim(team, "ny2")));
              return did ? Optional.of(mine.getFirst()) : Optional.<PublicIp>empty();
            })) {
      if (result.isPresent()) {
        done++;
        claimed.add(result.get().ip());
      }
    }
    assertThat(done).isEqualTo(RANGE.size());
    assertThat(claimed).hasSize(RANGE.size());
    for (var team : teams) {
      listed(team).forEach(address -> service.release(team, address.ip().toString()));
    }
  }

  @Example
  void requestsAtOnceClaimNoMoreThanATeamMayHave() throws Exception {
    String team = team();
    var few = limited(2);
    var refused = new ConcurrentLinkedQueue<String>();
    var claimed =
        atOnce(
            6,
            () -> {
              try {
                return database.transaction(
                    handle -> Optional.of(few.claim(handle, team, "ny2", pool(Set.of()))));
              } catch (Refusal e) {
                refused.add(String.valueOf(e.getMessage()));
                return Optional.<PublicIp>empty();
              }
            });
    assertThat(claimed.stream().filter(Optional::isPresent)).hasSize(2);
    assertThat(refused)
        .hasSize(4)
        .allMatch(
            message -> message.contains("has 2 static") && message.contains("publicIpsPerTeam"));
    // Another team has its own limit, and what is released can be claimed again.
    String other = team();
    var theirs = database.transaction(handle -> few.claim(handle, other, "ny2", pool(Set.of())));
    few.release(team, listed(team).getFirst().ip().toString());
    var again = database.transaction(handle -> few.claim(handle, team, "ny2", pool(Set.of())));
    assertThat(listed(team)).hasSize(2).contains(again);
    listed(team).forEach(address -> few.release(team, address.ip().toString()));
    few.release(other, theirs.ip().toString());
  }

  @Example
  void requestsAtOnceForOneAddressLeaveItWithOneMachine() throws Exception {
    String team = team();
    var ip = claim(team, "ny2").ip().toString();
    var second = claim(team, "ny2").ip().toString();
    var machines =
        List.of(
            machine(team, "ny2", MachineNetwork.NONE), machine(team, "ny2", MachineNetwork.NONE));
    for (int round = 0; round < 10; round++) {
      // Crossing each other: both addresses to both machines.
      var results =
          atOnce(
              8,
              () -> {
                long turn = Thread.currentThread().threadId();
                return succeeds(
                    () ->
                        service.assign(
                            team, turn % 2 == 0 ? ip : second, machines.get((int) (turn / 2 % 2))));
              });
      assertThat(results).containsOnly(true);
      var assigned =
          listed(team).stream().map(PublicIp::machineId).filter(Objects::nonNull).toList();
      assertThat(assigned).isNotEmpty().doesNotHaveDuplicates();
    }
    service.release(team, ip);
    service.release(team, second);
  }

  @Example
  void whatOthersUseIsNotGiven() {
    String team = team();
    var used = Set.of(RANGE.first(), RANGE.first().plus(2));
    var given = database.transaction(handle -> service.claim(handle, team, "ny2", pool(used)).ip());
    assertThat(given).isEqualTo(RANGE.first().plus(1));
    service.release(team, given.toString());
  }

  @Example
  void aLaunchThatFailsGivesItsAddressBackUnlessItIsAnothersByNow() {
    String team = team();
    var wish = new PublicIpService.Wish(PublicIpType.STATIC, pool(Set.of()));
    String failing = Ids.machine();
    String kept = Ids.machine();
    var first = database.transaction(h -> service.grant(h, team, failing, "ny2", wish));
    var second = database.transaction(h -> service.grant(h, team, kept, "ny2", wish));
    assertThat(first.type()).isEqualTo(PublicIpType.STATIC);
    String other = machine(team, "ny2", MachineNetwork.NONE);
    service.assign(team, String.valueOf(second.reserved()), other);
    database.change(handle -> service.launchUndone(handle, failing));
    database.change(handle -> service.launchUndone(handle, kept));
    assertThat(listed(team))
        .extracting(address -> address.ip().toString())
        .containsExactly(second.reserved());
    service.release(team, String.valueOf(second.reserved()));
  }

  @Example
  void aMachineOnItsPrivateNetworkOnlyGetsNone() {
    String team = team();
    var ip = claim(team, "ny2").ip().toString();
    String isolated = machine(team, "ny2", MachineNetwork.in("n1"));
    assertRefused(Refusal.Reason.CONFLICT, () -> service.assign(team, ip, isolated));
    String reached =
        machine(team, "ny2", MachineNetwork.in("n1").with(new PublicAddress(true, null, null)));
    assertThat(service.assign(team, ip, reached).machineId()).isEqualTo(reached);
    assertRefused(Refusal.Reason.NOT_FOUND, () -> service.assign(team, ip, "psunknown"));
    String far = machine(team, "ca1", MachineNetwork.NONE);
    assertRefused(Refusal.Reason.INVALID, () -> service.assign(team, ip, far));
    service.release(team, ip);
    assertRefused(Refusal.Reason.NOT_FOUND, () -> service.release(team, ip));
    assertRefused(Refusal.Reason.NOT_FOUND, () -> service.release(team, "192.0.2.010"));
  }

  @Example
  void theKindOfAddressCanBeChanged() {
    String team = team();
    String machine = machine(team, "ny2", MachineNetwork.NONE);
    var fixed = new PublicIpService.Wish(PublicIpType.STATIC, pool(Set.of()));
    change(team, machine, fixed);
    var first = network(machine).publicIp();
    assertThat(network(machine).publicAddress().type()).isEqualTo(PublicIpType.STATIC);
    change(team, machine, fixed);
    assertThat(network(machine).publicIp()).as("the one that it has").isEqualTo(first);
    change(team, machine, new PublicIpService.Wish(PublicIpType.DYNAMIC, null));
    assertThat(network(machine).publicAddress().type()).isEqualTo(PublicIpType.DYNAMIC);
    assertThat(listed(team)).extracting(PublicIp::machineId).containsExactly((String) null);
    service.assign(team, String.valueOf(first), machine);
    assertThat(network(machine).publicIp()).isEqualTo(first);
    change(team, machine, new PublicIpService.Wish(PublicIpType.NONE, null));
    assertThat(network(machine)).isEqualTo(MachineNetwork.NONE);
    service.release(team, String.valueOf(first));
  }

  private static void change(String team, String machine, PublicIpService.Wish wish) {
    database.change(handle -> service.change(handle, team, machine, wish));
  }

  private static MachineNetwork network(String machine) {
    return database.read(handle -> MACHINES.find(handle, machine)).orElseThrow().network();
  }

  private static void assertRefused(Refusal.Reason reason, Runnable work) {
    assertThatThrownBy(work::run)
        .isInstanceOfSatisfying(Refusal.class, e -> assertThat(e.reason()).isEqualTo(reason));
  }
}
