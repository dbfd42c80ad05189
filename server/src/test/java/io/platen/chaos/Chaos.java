package io.platen.chaos;

import static org.assertj.core.api.Assertions.assertThat;

import io.platen.support.Program;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.Random;

/**
 * Random work for a real server, under random {@code kill -9}, full disks, unreadable chunks and
 * lost databases. After each death the directory is looked at as it was left; at the end everything
 * that was promised must be there, exactly, and after everything was given up nothing.
 */
final class Chaos implements AutoCloseable {
  private static final int MAX_MILLIS = 900;

  private final Ground ground;
  private final Random random;
  private final Events events;
  private final Templates templates;
  private final Machines machines;
  private final Disasters disasters;
  private final Collecting collecting;

  /**
   * @param become see {@link io.platen.support.RunningServer#startAs}
   */
  Chaos(Path root, long seed, List<String> become) throws Exception {
    random = new Random(seed);
    ground = new Ground(root, random, become);
    try {
      var pool = new Pool(random);
      events = new Events(ground);
      templates = new Templates(ground, events, pool);
      machines = new Machines(ground, events, templates, pool);
      disasters = new Disasters(ground, events, templates, machines);
      collecting = new Collecting(ground, templates);
      // The machines that are captured are nowhere but in the database.
      disasters.backup();
    } catch (Exception | Error e) {
      ground.close();
      throw e;
    }
  }

  Tally tally() {
    return ground.tally();
  }

  /** A copy of the data directory, which is gone with the file system that it is on. */
  Path keep() throws Exception {
    return ground.keep();
  }

  /** Goes on for this long, at least. */
  void run(Duration time) throws Exception {
    long end = System.nanoTime() + time.toNanos();
    while (System.nanoTime() < end) {
      round();
    }
  }

  /** Some work at once, something that goes wrong, and what must hold then. */
  private void round() throws Exception {
    templates.makeRoom();
    machines.makeRoom();
    if (random.nextInt(3) == 0) {
      machines.write();
    }
    if (random.nextInt(4) == 0) {
      collecting.beside();
    }
    int works = 2 + random.nextInt(5);
    for (int i = 0; i < works; i++) {
      switch (i == 0 ? 0 : random.nextInt(3)) {
        case 0 -> templates.capture();
        case 1 -> templates.work();
        default -> machines.work();
      }
    }
    fail();
    settle();
    if (random.nextInt(3) == 0) {
      calm();
    }
  }

  private void settle() throws Exception {
    events.settle();
    templates.settle();
    machines.settle();
  }

  private void fail() throws Exception {
    switch (random.nextInt(12)) {
      case 0 -> full();
      case 1 -> unreadable();
      case 2 -> {}
      case 3 -> disasters.backup();
      case 4, 5 -> collecting.killed();
      default -> kill();
    }
  }

  private void kill() throws Exception {
    // Not to wait for anything: this is the random moment.
    Thread.sleep(random.nextInt(MAX_MILLIS));
    ground.kill();
    ground.server().startAgain();
  }

  private void full() throws Exception {
    ground.tally().count(Act.FULL);
    Path filler = ground.data().resolve("filler");
    Program.run(List.of("dd", "if=/dev/zero", "of=" + filler, "bs=64k", "status=none"));
    Thread.sleep(random.nextInt(MAX_MILLIS));
    Files.deleteIfExists(filler);
  }

  /** The kernel answers EIO to who reads a process's memory at 0. */
  private void unreadable() throws Exception {
    var chunks = ground.check().chunks();
    if (chunks.isEmpty()) {
      return;
    }
    ground.tally().count(Act.EIO);
    Path chunk = chunks.get(random.nextInt(chunks.size()));
    Path aside = ground.root().resolve("aside");
    Files.copy(chunk, aside, StandardCopyOption.REPLACE_EXISTING);
    Files.delete(chunk);
    Files.createSymbolicLink(chunk, Path.of("/proc/self/mem"));
    ground.platen("verify");
    Files.deleteIfExists(chunk);
    Files.createDirectories(Objects.requireNonNull(chunk.getParent()));
    Files.copy(aside, chunk);
  }

  /** What takes a server that has nothing else to do, or none. */
  private void calm() throws Exception {
    switch (random.nextInt(8)) {
      case 0 -> counted(Act.GC, "gc");
      case 1 -> counted(Act.VERIFY, "verify");
      case 2 -> counted(Act.REPAIR, "verify", "--repair");
      case 3 -> disasters.restore();
      case 4 -> disasters.keepOlder();
      default -> disasters.recover();
    }
  }

  private void counted(Act act, String... command) {
    ground.tally().begin(act);
    ground.succeeds(command);
    ground.tally().end(act);
  }

  /** Everything that is owed is there, to the byte; then all is given up, and nothing is left. */
  void end() throws Exception {
    templates.verify();
    machines.verify();
    ground.server().terminate();
    ground.check().everyTemplateIsWhole();
    assertThat(ground.check().openEvents()).as("open events").isEmpty();
    assertThat(ground.check().eventStates())
        .as("ends of events")
        .containsAllEntriesOf(events.ended());
    ground.server().startAgain();
    machines.giveUp();
    templates.giveUp();
    // The second one takes the tombstones of what went with the first.
    ground.succeeds("gc");
    ground.succeeds("gc");
    ground.server().terminate();
    ground.check().nothingIsLeft();
  }

  @Override
  public void close() throws IOException {
    ground.close();
  }
}
