package io.platen.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.platen.config.ServerConfig;
import io.platen.disk.Disk;
import io.platen.disk.DiskFormat;
import io.platen.event.Event;
import io.platen.event.EventName;
import io.platen.event.EventState;
import io.platen.job.JobService;
import io.platen.machine.Automation;
import io.platen.machine.Machine;
import io.platen.machine.MachineDisk;
import io.platen.machine.MachineNetwork;
import io.platen.machine.MachineState;
import io.platen.model.Ids;
import io.platen.model.OperatingSystem;
import io.platen.model.Refusal;
import io.platen.network.PublicIpService;
import io.platen.template.LaunchService.Launch;
import java.nio.file.Path;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.EnumSet;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is left of a request whose event is cancelled, where no job has begun. */
final class CancellationTest {
  private static final OperatingSystem OS =
      new OperatingSystem("LinuxHeadless", "Debian 13", "x86_64", "bios");

  @TempDir
  @SuppressWarnings("NullAway.Init")
  private Path directory;

  @SuppressWarnings("NullAway.Init")
  private Platen platen;

  @SuppressWarnings("NullAway.Init")
  private String team;

  private final InstantSource clock = InstantSource.system();

  @BeforeEach
  void open() throws Exception {
    platen = Platen.open(ServerConfig.defaults(directory.resolve("data")), clock);
    team = platen.teams().team("a").id();
  }

  @AfterEach
  void close() {
    platen.close();
  }

  private Machine machine(MachineState state) {
    var disk = new Disk.Adopted(directory.resolve("disk.raw"), DiskFormat.RAW);
    var machine =
        Machine.create(
            Ids.machine(),
            team,
            "m",
            state,
            "ny2",
            "C5",
            OS,
            MachineDisk.adopted(disk, 1 << 20, null),
            clock.instant().truncatedTo(ChronoUnit.MILLIS));
    platen.machines().adopt(machine);
    return machine;
  }

  private Event event(String machine, @Nullable String template, EventName name) {
    var jobs = new JobService(platen.database(), platen.eventRows(), clock);
    return platen
        .database()
        .transaction(handle -> jobs.create(handle, team, machine, template, name));
  }

  private Event cancel(String team, Event event) {
    return platen
        .database()
        .transaction(handle -> platen.cancellation().cancel(handle, team, event.id()));
  }

  private void begin(Event event) {
    platen
        .database()
        .transaction(handle -> platen.eventRows().begin(handle, event.id(), "", clock.instant()));
  }

  private void refuses(Event event, Refusal.Reason reason, String words) {
    assertThatThrownBy(() -> cancel(team, event))
        .isInstanceOfSatisfying(
            Refusal.class,
            refusal -> {
              assertThat(refusal.reason()).isEqualTo(reason);
              assertThat(refusal.text()).contains(words);
            });
  }

  @Test
  void aCaptureThatIsCancelledLeavesNoTemplate() {
    var machine = machine(MachineState.OFF);
    var capture =
        platen
            .database()
            .transaction(
                handle -> platen.templates().create(handle, team, machine.id(), "template"));
    begin(capture.event());
    var cancelled = cancel(team, capture.event());
    assertThat(cancelled.state()).isEqualTo(EventState.CANCELLED);
    assertThat(cancelled.dtFinished()).isNotNull();
    assertThat(platen.events().find(cancelled.id())).contains(cancelled);
    assertThatThrownBy(() -> platen.templates().get(team, capture.template().id()))
        .isInstanceOf(Refusal.class);
    refuses(capture.event(), Refusal.Reason.CONFLICT, "has ended, with the state \"cancelled\"");
  }

  @Test
  void aLaunchThatIsCancelledLeavesAMachineThatIsRemoved() {
    var machine = machine(MachineState.OFF);
    var capture =
        platen
            .database()
            .transaction(
                handle -> platen.templates().create(handle, team, machine.id(), "template"));
    var template = capture.template().id();
    platen
        .database()
        .change(
            handle -> platen.templateRows().complete(handle, template, 1 << 20, "0".repeat(64)));
    var launch =
        platen
            .database()
            .transaction(
                handle ->
                    platen
                        .launches()
                        .create(
                            handle,
                            team,
                            new Launch(
                                "copy",
                                "C5",
                                template,
                                50,
                                "ny2",
                                false,
                                MachineNetwork.NONE,
                                null,
                                PublicIpService.Wish.NONE,
                                Automation.NONE,
                                false)));
    begin(launch.event());
    assertThat(cancel(team, launch.event()).state()).isEqualTo(EventState.CANCELLED);
    assertThatThrownBy(() -> platen.machines().get(team, launch.machine().id()))
        .isInstanceOf(Refusal.class);
    var open =
        platen.database().read(handle -> platen.eventRows().open(handle, launch.machine().id()));
    assertThat(open).containsExactly(EventName.DEACTIVATE);
  }

  @Test
  void aStartStopOrRestartIsCancelledUntilItBegins() {
    for (var power :
        Map.of(
                EventName.START, MachineState.STARTING,
                EventName.STOP, MachineState.STOPPING,
                EventName.RESTART, MachineState.RESTARTING)
            .entrySet()) {
      var machine = machine(power.getValue());
      var event = event(machine.id(), null, power.getKey());
      assertThat(cancel(team, event).state()).isEqualTo(EventState.CANCELLED);
      assertThat(platen.machines().get(team, machine.id()).state())
          .isEqualTo(power.getKey() == EventName.START ? MachineState.OFF : MachineState.READY);
      var begun = event(machine(power.getValue()).id(), null, power.getKey());
      begin(begun);
      refuses(begun, Refusal.Reason.CONFLICT, "has begun and can't be undone");
      assertThat(platen.machines().get(team, begun.requireMachineId()).state())
          .isEqualTo(power.getValue());
    }
  }

  @Test
  void whatNothingUndoesIsNotCancelled() {
    for (var name : EnumSet.of(EventName.DEACTIVATE, EventName.VM_UPGRADE)) {
      var event = event(machine(MachineState.OFF).id(), null, name);
      refuses(event, Refusal.Reason.CONFLICT, "can't be undone");
      assertThat(platen.events().find(event.id()).orElseThrow().state()).isEqualTo(EventState.NEW);
    }
  }

  @Test
  void anotherTeamsEventIsUnknown() {
    var event = event(machine(MachineState.STARTING).id(), null, EventName.START);
    var other = platen.teams().team("b").id();
    assertThatThrownBy(() -> cancel(other, event))
        .isInstanceOfSatisfying(
            Refusal.class,
            refusal -> assertThat(refusal.reason()).isEqualTo(Refusal.Reason.NOT_FOUND));
    assertThat(platen.events().find(event.id()).orElseThrow().state()).isEqualTo(EventState.NEW);
  }
}
