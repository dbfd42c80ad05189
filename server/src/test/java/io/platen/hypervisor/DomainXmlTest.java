package io.platen.hypervisor;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
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
        true,
        Path.of("/data/console.log"),
        "default",
        null,
        new Mark("in1", "ps1"));
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
            new DomainDisk(
                "vda",
                List.of(
                    new DomainImage("/data/a&b/disk.qcow2", "qcow2", ""),
                    new DomainImage("/data/cache/x.raw", "raw", "")),
                true,
                Integer.MAX_VALUE,
                ""));
    assertThat(read.isActive()).isFalse();
  }

  @Test
  void theMarkIsUnderstoodAsLibvirtWritesIt() throws Exception {
    var read = DomainDescription.parse(DomainXml.of(spec("x", "bios", false)));
    assertThat(read.mark()).isEqualTo(new Mark("in1", "ps1"));
    assertThat(read.isActive()).isFalse();
    String foreign =
        """
        <domain type='kvm' id='7'><name>n</name><uuid>u</uuid><memory>1024</memory><vcpu>1</vcpu>
        <metadata><x:mark xmlns:x='urn:other' installation='in1' id='ps1'/></metadata>
        <os><type arch='x86_64'>hvm</type></os></domain>
        """;
    assertThat(DomainDescription.parse(foreign).mark()).isNull();
    assertThat(DomainDescription.parse(foreign).isActive()).isTrue();
    String renamed = foreign.replace("urn:other", Mark.NAMESPACE);
    assertThat(DomainDescription.parse(renamed).mark()).isEqualTo(new Mark("in1", "ps1"));
  }

  private static boolean isOwn(String xml) throws Exception {
    return DomainXml.isIsolatedNetwork(
        Xml.document(xml).getDocumentElement(), "platen-n1", "10.200.7", new Mark("in1", "n1"));
  }

  @Test
  void aNetworkIsKnownByItsMarkOrWithoutOneByItsUuidAndAddresses() throws Exception {
    String own = DomainXml.isolatedNetwork("platen-n1", "10.200.7", new Mark("in1", "n1"));
    assertThat(isOwn(own)).isTrue();
    assertThat(isOwn(own.replace("'in1'", "'in2'"))).isFalse();
    String before = own.replaceAll("<metadata>.*</metadata>", "");
    assertThat(isOwn(before)).isTrue();
    assertThat(isOwn(before.replace("10.200.7.1", "10.200.8.1"))).isFalse();
    assertThat(isOwn(before.replaceAll("<uuid>.*</uuid>", ""))).isFalse();
  }

  @Test
  void theBackingChainIsNamedAndEnds() {
    assertThat(DomainXml.of(spec("x", "bios", false)))
        .contains("<source file='/data/cache/x.raw'><seclabel model='dac' relabel='no'/></source>")
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
}
