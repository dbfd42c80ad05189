package io.platen.template;

import static org.assertj.core.api.Assertions.assertThat;

import io.platen.disk.Disk;
import io.platen.disk.DiskFormat;
import io.platen.model.OperatingSystem;
import java.nio.file.Path;
import java.time.Instant;
import org.junit.jupiter.api.Test;

final class TemplateTest {
  private static final OperatingSystem OS =
      new OperatingSystem("LinuxHeadless", "Debian 13", "x86_64", "bios");
  private static final Instant CREATED = Instant.ofEpochMilli(1000);
  private static final Instant LATER = Instant.ofEpochMilli(2000);

  @Test
  void aDeletedTemplateIsTheSameButForTheDate() throws Exception {
    var source = new Disk.Adopted(Path.of("/disk.raw"), DiskFormat.RAW);
    var template = Template.importing("t1", "debian", "ny2", OS, 1 << 20, source, CREATED);
    var deleted = template.withDeleted(LATER);
    assertThat(deleted.dtDeleted()).isEqualTo(LATER);
    for (var part : Template.class.getRecordComponents()) {
      if (!part.getName().equals("dtDeleted")) {
        assertThat(part.getAccessor().invoke(deleted))
            .as(part.getName())
            .isEqualTo(part.getAccessor().invoke(template));
      }
    }
  }

  @Test
  void aCustomTemplateHasATeamAndNoFileAndAnOsTemplateTheOtherWayRound() {
    var custom = Template.capturing("t1", "te1", "ps1", "t", "ny2", OS, 1 << 20, CREATED);
    assertThat(custom.teamId()).isEqualTo("te1");
    assertThat(custom.parentMachineId()).isEqualTo("ps1");
    assertThat(custom.source()).isNull();
    var source = new Disk.Adopted(Path.of("/disk.raw"), DiskFormat.RAW);
    var os = Template.importing("t2", "debian", "ny2", OS, 1 << 20, source, CREATED);
    assertThat(os.teamId()).isNull();
    assertThat(os.parentMachineId()).isNull();
    assertThat(os.source()).isEqualTo(source);
  }
}
