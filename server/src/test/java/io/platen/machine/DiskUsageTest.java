package io.platen.machine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.platen.config.DataDirectory;
import io.platen.disk.Disk;
import io.platen.disk.DiskFormat;
import io.platen.model.OperatingSystem;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

final class DiskUsageTest {
  private static final Path AWAY = Path.of("/away/disk.raw");
  private static final Path HERE = Path.of("/here/disk.raw");

  private final DataDirectory data = new DataDirectory(Path.of("/data"));

  private static Machine machine(MachineDisk disk) {
    var os = new OperatingSystem("LinuxHeadless", "", "x86_64", "bios");
    return Machine.create(
        "ps1", "te1", "m", MachineState.OFF, "ny2", "C1", os, disk, Instant.EPOCH);
  }

  private static Machine adopted(Path path) {
    return machine(MachineDisk.adopted(new Disk.Adopted(path, DiskFormat.RAW), 100, null));
  }

  @Test
  void everyDiskIsMeasured() {
    var usage = new DiskUsage(data, (disk, size) -> disk.equals(HERE) ? size / 2 : 7);
    assertThat(usage.of(adopted(HERE))).isEqualTo(50);
    var launched = machine(MachineDisk.over(new BaseTemplate("t1", "0a".repeat(32)), 100));
    assertThat(usage.of(launched)).isEqualTo(7);
  }

  @Test
  @Timeout(60)
  void aDiskWhoseFileSystemHangsHoldsNoRequest() {
    var back = new CountDownLatch(1);
    var usage =
        new DiskUsage(
            data,
            (disk, size) -> {
              if (disk.equals(AWAY)) {
                awaitBack(back);
              }
              return size;
            });
    for (int i = 0; i < 1000; i++) {
      assertThat(usage.of(adopted(AWAY))).isZero();
      // It waits behind the other.
      assertThat(usage.of(adopted(HERE))).isZero();
    }
    var launched = machine(MachineDisk.over(new BaseTemplate("t1", "0a".repeat(32)), 100));
    assertThat(usage.of(launched)).isEqualTo(100);
    back.countDown();
    await().atMost(Duration.ofSeconds(30)).until(() -> usage.of(adopted(AWAY)) == 100);
    await().atMost(Duration.ofSeconds(30)).until(() -> usage.of(adopted(HERE)) == 100);
  }

  private static void awaitBack(CountDownLatch back) {
    try {
      back.await();
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }
}
