package io.platen.hypervisor;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;

class DomainXmlTest {
  private static DomainSpec spec(String title, String firmware, boolean accelerated) {
    return new DomainSpec(
        "platen-ps1",
        title,
        2,
        1L << 30,
        firmware,
        accelerated,
        Path.of("/data/a&b/disk.qcow2"),
        Path.of("/data/cache/x.raw"),
        Path.of("/data/seed.iso"),
        Path.of("/data/console.log"),
        "default");
  }

  @Test
  void whatIsWrittenIsUnderstood() throws Exception {
    var read = DomainDescription.parse(DomainXml.of(spec("<x> & 'y' \"z\"", "bios", false)));
    assertThat(read.name()).isEqualTo("platen-ps1");
    assertThat(read.uuid()).isEqualTo(DomainXml.uuid("platen-ps1").toString());
    assertThat(read.cpus()).isEqualTo(2);
    assertThat(read.memory()).isEqualTo(1L << 30);
    assertThat(read.firmware()).isEqualTo("bios");
    assertThat(read.architecture()).isEqualTo("x86_64");
    assertThat(read.disks())
        .containsExactly(
            new DomainDescription.DomainDisk(
                "vda", "/data/a&b/disk.qcow2", "qcow2", Integer.MAX_VALUE, ""));
  }

  @Test
  void theBackingChainIsNamedAndEnds() {
    assertThat(DomainXml.of(spec("x", "bios", false)))
        .contains("<source file='/data/cache/x.raw'/>")
        .contains("<backingStore/>");
  }

  @Test
  void firmwareAndAccelerationAreChosen() throws Exception {
    String xml = DomainXml.of(spec("x", "uefi", true));
    assertThat(xml).contains("<domain type='kvm'>").contains("host-passthrough").contains("q35");
    assertThat(DomainDescription.parse(xml).firmware()).isEqualTo("uefi");
    assertThat(DomainXml.of(spec("x", "bios", false))).contains("<domain type='qemu'>");
  }

  @Test
  void whatXmlCantHoldIsShown() {
    assertThat(DomainXml.escape("a\u0001b")).isEqualTo("aU+0001b");
    assertThat(DomainXml.escape("\uD83D\uDE00")).isEqualTo("\uD83D\uDE00");
  }

  @Test
  void theSameNameHasTheSameAddress() {
    assertThat(DomainXml.mac("platen-ps1"))
        .matches("52:54:00(:[0-9a-f]{2}){3}")
        .isEqualTo(DomainXml.mac("platen-ps1"))
        .isNotEqualTo(DomainXml.mac("platen-ps2"));
  }

  @Test
  void theBootOrderDecidesWhichDiskIsFirst() throws Exception {
    String xml =
        """
        <domain><name>n</name><uuid>u</uuid><memory unit='KiB'>1024</memory><vcpu>1</vcpu>
        <os><type arch='x86_64'>hvm</type><loader type='pflash'>/x</loader></os>
        <devices>
          <disk device='cdrom'><target dev='sda'/></disk>
          <disk device='disk'><driver type='raw'/><source file='/a'/><target dev='vda'/></disk>
          <disk device='disk'><driver type='qcow2'/><source dev='/dev/b' index='7'/>
            <target dev='vdb'/><boot order='1'/></disk>
          <disk device='disk'><driver type='raw'/><source name='pool/c'/><target dev='vdc'/></disk>
        </devices></domain>
        """;
    var read = DomainDescription.parse(xml);
    assertThat(read.disks()).extracting(disk -> disk.target()).containsExactly("vdb", "vda", "vdc");
    assertThat(read.disks().getFirst().source()).isEqualTo("/dev/b");
    assertThat(read.disks().getFirst().index()).isEqualTo("7");
    assertThat(read.disks().getLast().source()).isEmpty();
    assertThat(read.firmware()).isEqualTo("uefi");
  }
}
