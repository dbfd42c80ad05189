package io.platen.machine;

import static org.assertj.core.api.Assertions.assertThat;

import io.platen.database.Database;
import io.platen.event.EventName;
import io.platen.event.EventRepository;
import io.platen.job.JobService;
import io.platen.model.Ids;
import io.platen.model.OperatingSystem;
import io.platen.network.NetworkMachines.OnNetwork;
import io.platen.network.PrivateNetwork;
import io.platen.network.PrivateNetworkRepository;
import io.platen.paging.Cursors;
import io.platen.team.TeamRepository;
import io.platen.team.TeamService;
import io.platen.template.Template;
import io.platen.template.TemplateDeletion;
import io.platen.template.TemplateRepository;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import java.util.function.Function;
import java.util.function.Predicate;
import org.jdbi.v3.core.Handle;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What the database says of deleted machines, on every database. */
abstract class RemovalContract {
  private static final Instant NOW = Instant.parse("2026-01-01T00:00:00Z");
  private static final String DIGEST = "0123456789abcdef".repeat(4);

  private final Cursors cursors = new Cursors(new byte[32]);
  private final MachineRepository machines = new MachineRepository(cursors);
  private final TemplateRepository templates = new TemplateRepository(cursors);
  private final PrivateNetworkRepository networks = new PrivateNetworkRepository(cursors);
  private final RemovalRepository removals = new RemovalRepository();

  @SuppressWarnings("NullAway.Init")
  private String team;

  abstract Database database();

  @BeforeEach
  void makeTeam() {
    team = new TeamService(database(), new TeamRepository(), () -> NOW).team(Ids.team()).id();
  }

  private boolean is(Predicate<Handle> question) {
    return database().read(question::test);
  }

  private <R> List<R> all(Function<Handle, ? extends Collection<R>> question) {
    return List.copyOf(database().read(question::apply));
  }

  private String template() {
    var template =
        Template.capturing(
            Ids.template(),
            team,
            null,
            "t",
            "ny2",
            new OperatingSystem("LinuxHeadless", "", "x86_64", "bios"),
            1 << 20,
            NOW);
    database()
        .change(
            handle -> {
              templates.insert(handle, template);
              templates.complete(handle, template.id(), 1 << 20, DIGEST);
            });
    return template.id();
  }

  private String network() {
    var network =
        new PrivateNetwork(
            Ids.privateNetwork(), team, "n", "ny2", (int) (System.nanoTime() & 0x1fff), NOW, null);
    database().change(handle -> assertThat(networks.insert(handle, network)).isTrue());
    return network.id();
  }

  private String machine(@Nullable String template, @Nullable String network) {
    var machine =
        Machine.create(
                Ids.machine(),
                team,
                "m",
                MachineState.OFF,
                "ny2",
                "C1",
                new OperatingSystem("LinuxHeadless", "", "x86_64", "bios"),
                new MachineDisk(
                    1 << 20, null, template == null ? null : new BaseTemplate(template, team)),
                NOW)
            .withNetwork(MachineNetwork.in(network));
    database().change(handle -> machines.insert(handle, machine));
    return machine.id();
  }

  private void delete(String machine) {
    database().change(handle -> machines.delete(handle, machine, NOW));
  }

  private void removed(String machine) {
    database().change(handle -> removals.removed(handle, List.of(machine), NOW));
  }

  private void assertUses(String template, String network, OnNetwork onNetwork, boolean uses) {
    // The digest of the base image is the team's id: no other test has it.
    assertThat(is(handle -> machines.standsOn(handle, "", team))).isEqualTo(uses);
    assertThat(is(handle -> templates.isNeeded(handle, template))).isEqualTo(uses);
    assertThat(all(handle -> templates.unused(handle, List.of(template))).isEmpty())
        .isEqualTo(uses);
    var needed = all(handle -> templates.needed(handle, "", List.of(template)));
    assertThat(needed).hasSize(uses ? 1 : 0);
    assertThat(needed).allMatch(found -> found.held());
    assertThat(
            all(handle -> templates.damaged(handle, "")).stream()
                .anyMatch(damage -> damage.templateId().equals(template)))
        .isEqualTo(uses);
    assertThat(all(handle -> List.of(new MachinesOnNetworks().on(handle, network))))
        .containsExactly(onNetwork);
  }

  @Test
  void whatADeletedMachineUsesIsInUseUntilItIsRemoved() {
    String template = template();
    String network = network();
    String machine = machine(template, network);
    database()
        .change(
            handle -> {
              templates.damage(handle, template, "lost", null, false);
              assertThat(new TemplateDeletion(Duration.ZERO).delete(handle, template, NOW))
                  .isTrue();
            });
    assertUses(template, network, new OnNetwork(1, 0), true);
    delete(machine);
    assertUses(template, network, new OnNetwork(1, 1), true);
    removed(machine);
    assertUses(template, network, new OnNetwork(0, 0), false);
  }

  private List<String> pending() {
    return all(handle -> removals.pending(handle, "", "")).stream()
        .map(RemovalRepository.Pending::id)
        .toList();
  }

  @Test
  void pendingIsWhatIsDeletedAndNotRemovedAndHasNoJob() {
    String present = machine(null, null);
    String pending = machine(null, null);
    String gone = machine(null, null);
    String busy = machine(null, null);
    List.of(pending, gone, busy).forEach(this::delete);
    removed(gone);
    var jobs = new JobService(database(), new EventRepository(cursors), () -> NOW);
    database().change(handle -> jobs.create(handle, team, busy, null, EventName.DEACTIVATE));
    assertThat(pending()).contains(pending).doesNotContain(present, gone, busy);
    database()
        .change(
            handle ->
                assertThat(jobs.cancelByMachine(handle, busy, EventName.DEACTIVATE)).isTrue());
    assertThat(pending()).contains(busy);
    assertThat(all(handle -> removals.pending(handle, "", "pszzzzzzzzzzzzzzzzzzzzzz"))).isEmpty();
    var all = Set.of(present, pending, gone, busy, "psunknown");
    assertThat(all(handle -> removals.removed(handle, all))).containsExactly(gone);
    assertThat(all(handle -> removals.known(handle, all)))
        .containsExactlyInAnyOrder(present, pending, gone, busy);
  }

  @Test
  void aMachineThatIsNotDeletedIsNeverRemoved() {
    String machine = machine(null, null);
    removed(machine);
    assertThat(all(handle -> removals.find(handle, machine).stream().toList()))
        .containsExactly(RemovalRepository.Known.PRESENT);
    assertThat(is(handle -> removals.isDeleted(handle, machine))).isFalse();
    assertThat(is(handle -> removals.isDeleted(handle, "psunknown"))).isFalse();
    delete(machine);
    assertThat(is(handle -> removals.isDeleted(handle, machine))).isTrue();
    removed(machine);
    assertThat(all(handle -> removals.find(handle, machine).stream().toList()))
        .containsExactly(RemovalRepository.Known.REMOVED);
    database().change(handle -> removals.undelete(handle, machine, MachineState.READY, NOW));
    assertThat(all(handle -> machines.find(handle, machine).stream().toList()))
        .extracting(Machine::state)
        .containsExactly(MachineState.READY);
  }

  @Test
  void aLongListIsReadInPages() {
    for (int i = 0; i < RemovalRepository.BATCH + 1; i++) {
      delete(machine(null, null));
    }
    var first = pending();
    assertThat(first).hasSize(RemovalRepository.BATCH);
    var rest = all(handle -> removals.pending(handle, "", first.getLast()));
    assertThat(rest).isNotEmpty();
    assertThat(rest).allMatch(found -> found.id().compareTo(first.getLast()) > 0);
    database().change(handle -> removals.removed(handle, first, NOW));
    assertThat(all(handle -> removals.removed(handle, first))).hasSize(first.size());
  }
}
