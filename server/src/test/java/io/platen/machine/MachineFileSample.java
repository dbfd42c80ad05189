package io.platen.machine;

import io.platen.config.DataDirectory;
import java.io.IOException;
import java.nio.file.Files;

/** Descriptions of machines, as launches leave them. */
final class MachineFileSample {
  private MachineFileSample() {}

  /** Says what a machine was launched from; its directory is there. */
  static void write(DataDirectory data, String id, BaseTemplate base) throws IOException {
    var file =
        new MachineFile(
            MachineFile.VERSION,
            id,
            new MachineFile.Owner("team1", "one"),
            "M",
            "C1",
            "a",
            "o",
            "ny2",
            "x86_64",
            "bios",
            1 << 20,
            base.templateId(),
            base.indexDigest(),
            null,
            null,
            null,
            1);
    Files.writeString(data.machineFile(id), file.text());
  }
}
