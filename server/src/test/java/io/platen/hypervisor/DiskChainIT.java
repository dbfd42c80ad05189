package io.platen.hypervisor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.platen.disk.Disk;
import io.platen.disk.DiskChanged;
import io.platen.disk.DiskFormat;
import io.platen.disk.OpenDisk;
import io.platen.disk.Shell;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What images say they stand on is believed only where somebody else says so too. */
class DiskChainIT {
  @TempDir
  @SuppressWarnings("NullAway.Init")
  private Path dir;

  @SuppressWarnings("NullAway.Init")
  private Path adopted;

  @BeforeEach
  void makeTheAdoptedDisk() throws Exception {
    adopted = dir.resolve("adopted.qcow2");
    Shell.succeed("qemu-img", "create", "-q", "-f", "qcow2", adopted.toString(), "8M");
  }

  private Path overlay(String name, String backing, String... options) throws Exception {
    Path overlay = dir.resolve(name);
    var command = new ArrayList<>(List.of("qemu-img", "create", "-q", "-u", "-f", "qcow2"));
    command.addAll(List.of(options));
    command.addAll(List.of("-b", backing, overlay.toString(), "8M"));
    Shell.succeed(command.toArray(String[]::new));
    return overlay;
  }

  /** The disk of a domain whose description names the top image and no other. */
  private static DomainDisk disk(Path top, String format, boolean whole) {
    var image = new DomainImage(top.toString(), format, "");
    return new DomainDisk("vda", List.of(image), whole, 1, "");
  }

  private static DomainDescription domain(DomainDisk disk) {
    return new DomainDescription(
        "old", "u", 1, 1, "x86_64", "bios", false, Optional.empty(), List.of(disk), null);
  }

  private List<Path> chain(Path top, List<Path> known) throws IOException {
    var disk = disk(top, "qcow2", false);
    return DiskChain.of(domain(disk), disk, known).images().stream()
        .map(Disk.Adopted::path)
        .toList();
  }

  private void refused(Path top, String reason) {
    assertThatThrownBy(() -> chain(top, List.of(adopted)))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("the disk vda of the domain old")
        .hasMessageContaining(reason);
  }

  @Test
  void aSnapshotOfTheAdoptedDiskLeadsToItHoweverItIsNamed() throws Exception {
    Path absolute = overlay("s1", adopted.toString(), "-F", "qcow2");
    assertThat(chain(absolute, List.of(adopted))).containsExactly(absolute, adopted);
    Path relative = overlay("s2", "adopted.qcow2", "-F", "qcow2");
    assertThat(chain(relative, List.of(adopted))).containsExactly(relative, adopted);
    Files.createSymbolicLink(dir.resolve("link"), adopted);
    Path linked = overlay("s3", "link", "-F", "qcow2");
    assertThat(chain(linked, List.of(adopted))).containsExactly(linked, dir.resolve("link"));
  }

  /** As libvirt makes them while a domain is off: its description names the last one alone. */
  @Test
  void snapshotsOfSnapshotsAreFollowedIfTheyLeadToTheAdoptedDisk() throws Exception {
    Path one = overlay("s1", adopted.toString(), "-F", "qcow2");
    Path two = overlay("s2", one.toString(), "-F", "qcow2");
    Path three = overlay("s3", "s2", "-F", "qcow2");
    assertThat(chain(three, List.of(adopted))).containsExactly(three, two, one, adopted);
    OpenDisk.open(new Disk.Chain(images(three, two, one, adopted), 0)).close();

    // Another machine's disk is none of them, whatever stands on it.
    Path other = dir.resolve("other.qcow2");
    Shell.succeed("qemu-img", "create", "-q", "-f", "qcow2", other.toString(), "8M");
    refused(overlay("t1", other.toString(), "-F", "qcow2"), "t1 says that it stands on");
    overlay("t2", other.toString(), "-F", "qcow2");
    refused(overlay("t3", "t2", "-F", "qcow2"), "t3 says that it stands on \"t2\"");
    refused(overlay("t4", dir.resolve("missing").toString(), "-F", "qcow2"), "does not confirm");
    Path raw = Files.writeString(dir.resolve("secret"), "secret");
    refused(overlay("t5", raw.toString(), "-F", "qcow2"), "which libvirt does not confirm");
  }

  private static List<Disk.Adopted> images(Path... chain) {
    return Stream.of(chain).map(path -> new Disk.Adopted(path, DiskFormat.QCOW2)).toList();
  }

  @Test
  void aFileOfTheHostIsNotReadBecauseAnImageNamesIt() throws Exception {
    Path secret = Files.writeString(dir.resolve("secret"), "secret");
    refused(overlay("a", secret.toString(), "-F", "raw"), "which libvirt does not confirm");
    refused(overlay("b", "/etc/shadow", "-F", "raw"), "which libvirt does not confirm");
    refused(overlay("c", "json:{\"driver\":\"raw\"}", "-F", "raw"), "which is no file");
    refused(overlay("d", "nbd:unix:/x", "-F", "raw"), "which is no file");
    // Also not by the image that the overlay rightly stands on.
    Files.delete(adopted);
    overlay("adopted.qcow2", secret.toString(), "-F", "raw");
    refused(overlay("e", adopted.toString(), "-F", "qcow2"), "which libvirt does not confirm");
  }

  @Test
  void aBackingFileOfNoStatedFormatIsRefused() throws Exception {
    Path overlay = overlay("s", "adopted.qcow2", "-F", "qcow2");
    // The extension with the format becomes an unknown one.
    Shell.patch(overlay, 112, (byte) 0x12, (byte) 0x34, (byte) 0x56, (byte) 0x78);
    refused(overlay, "does not say of which format");
  }

  @Test
  void chainsThatDoNotEndAreRefused() throws Exception {
    Path one = overlay("one", dir.resolve("two").toString(), "-F", "qcow2");
    Path two = overlay("two", one.toString(), "-F", "qcow2");
    assertThatThrownBy(() -> chain(one, List.of(one, two)))
        .hasMessageContaining("stands on itself");
    var all = new ArrayList<Path>();
    Path below = adopted;
    for (int i = 0; i < 70; i++) {
      all.add(below);
      below = overlay("long" + i, below.toString(), "-F", "qcow2");
    }
    Path top = below;
    assertThatThrownBy(() -> chain(top, all)).hasMessageContaining("stands below 64 others");
  }

  @Test
  void whatLibvirtCallsTheEndIsTheEnd() throws Exception {
    Path overlay = overlay("s", "/etc/shadow", "-F", "raw");
    var disk = disk(overlay, "qcow2", true);
    var chain = DiskChain.of(domain(disk), disk, List.of());
    assertThat(chain.images()).containsExactly(new Disk.Adopted(overlay, DiskFormat.QCOW2));
    // As the guest sees it: nothing is below.
    OpenDisk.open(chain).close();
  }

  @Test
  void aHeaderThatChangesAfterItWasFollowedIsNoticed() throws Exception {
    Path overlay = overlay("s", adopted.toString(), "-F", "qcow2");
    var disk = disk(overlay, "qcow2", false);
    var chain = DiskChain.of(domain(disk), disk, List.of(adopted));
    OpenDisk.open(chain).close();
    Files.delete(overlay);
    overlay("s", "/etc/hostname", "-F", "raw");
    assertThatThrownBy(() -> OpenDisk.open(chain)).isInstanceOf(DiskChanged.class);
    Files.delete(overlay);
    Shell.succeed("qemu-img", "create", "-q", "-f", "qcow2", overlay.toString(), "8M");
    assertThatThrownBy(() -> OpenDisk.open(chain)).isInstanceOf(DiskChanged.class);
    var alone = DiskChain.of(domain(disk), disk, List.of(adopted));
    OpenDisk.open(alone).close();
    Files.delete(overlay);
    overlay("s", adopted.toString(), "-F", "qcow2");
    assertThatThrownBy(() -> OpenDisk.open(alone)).isInstanceOf(DiskChanged.class);
  }
}
