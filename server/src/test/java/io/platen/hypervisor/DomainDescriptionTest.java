package io.platen.hypervisor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

/** XML as libvirt 9.0 writes it. */
class DomainDescriptionTest {
  private static DomainDescription domain(String attributes, String... disks) throws IOException {
    return DomainDescription.parse(
        """
        <domain%s><name>n</name><uuid>u</uuid><memory unit='KiB'>1024</memory><vcpu>1</vcpu>
        <os><type arch='x86_64'>hvm</type><loader type='pflash'>/x</loader></os>
        <devices>%s</devices></domain>
        """
            .formatted(attributes, String.join("\n", disks)));
  }

  private static DomainDisk disk(String inside) throws IOException {
    return domain("", "<disk type='file' device='disk'>" + inside + "<target dev='vda'/></disk>")
        .disk("vda")
        .orElseThrow();
  }

  private static String backing(String path, String below) {
    return "<backingStore type='file'><format type='qcow2'/><source file='%s'/>%s</backingStore>"
        .formatted(path, below);
  }

  @Test
  void theBootOrderDecidesWhichDiskIsFirst() throws Exception {
    var read =
        domain(
            "",
            """
            <disk device='cdrom'><target dev='sda'/></disk>
            <disk device='disk'><driver type='raw'/><source file='/a'/><target dev='vda'/></disk>
            <disk device='disk'><driver type='qcow2'/><source dev='/dev/b' index='7'/>
              <target dev='vdb'/><boot order='1'/></disk>
            <disk device='disk'><driver type='raw'/><source name='pool/c'/><target dev='vdc'/></disk>
            """);
    assertThat(read.disks()).extracting(disk -> disk.target()).containsExactly("vdb", "vda", "vdc");
    assertThat(read.disks().getFirst().image().path()).isEqualTo("/dev/b");
    assertThat(read.disks().getFirst().index()).isEqualTo("7");
    assertThat(read.disks().getLast().image().path()).isEmpty();
    assertThat(read.firmware()).isEqualTo("uefi");
  }

  @Test
  void aDomainWithAnIdIsActive() throws Exception {
    assertThat(domain(" type='kvm' id='3'").isActive()).isTrue();
    assertThat(domain(" type='kvm'").isActive()).isFalse();
  }

  @Test
  void theImagesBelowAreReadToTheEndThatLibvirtStates() throws Exception {
    String top = "<driver type='qcow2'/><source file='/s2' index='3'/>";
    var whole = disk(top + backing("/s1", backing("/a", "<backingStore/>")));
    assertThat(whole.images()).extracting(DomainImage::path).containsExactly("/s2", "/s1", "/a");
    assertThat(whole.isWhole()).isTrue();
    // As the description of a domain that is off goes on to say after a snapshot: it has no end.
    assertThat(disk(top + backing("/s1", backing("/a", ""))).isWhole()).isFalse();
    assertThat(disk(top).isWhole()).isFalse();
    assertThat(disk(top + "<backingStore/>").isWhole()).isTrue();
  }

  @Test
  void anEndlessChainIsRefused() {
    String chain = "";
    for (int i = 0; i < 70; i++) {
      chain = backing("/s" + i, chain);
    }
    String disk = "<source file='/a'/>" + chain;
    assertThatThrownBy(() -> disk(disk)).hasMessageContaining("more than 64 images");
  }

  @Test
  void aDiskIsFoundByAnyOfItsImages() throws Exception {
    var read =
        domain(
            "",
            "<disk device='disk'><source file='/x'/><target dev='vda'/></disk>",
            "<disk device='disk'><source file='/s'/>%s<target dev='vdb'/></disk>"
                .formatted(backing("/a", "")));
    assertThat(read.diskOn(Path.of("/a")).orElseThrow().target()).isEqualTo("vdb");
    assertThat(read.diskOn(Path.of("/s")).orElseThrow().target()).isEqualTo("vdb");
    assertThat(read.diskOn(Path.of("/b"))).isEmpty();
  }

  @Test
  void aDiskOfAnotherNameInTheDomainMayHaveMovedToo() throws Exception {
    String disk = "<disk device='disk'><source file='%s'/><target dev='sda'/></disk>";
    Path own = Path.of("/machines/ps1/disk.qcow2");
    assertThat(domain("", disk.formatted(own)).movedFrom(own)).isEmpty();
    var moved = domain("", disk.formatted("/machines/ps1/disk.s1")).movedFrom(own);
    assertThat(moved.orElseThrow().image().path()).isEqualTo("/machines/ps1/disk.s1");
  }

  @Test
  void whatOthersCantReadIsNamed() throws Exception {
    String file = "<driver type='qcow2'/><source file='/a'>%s</source>";
    assertThat(disk(file.formatted("")).image().obstacle()).isEmpty();
    assertThat(disk(file.formatted("<encryption format='luks'/>")).image().obstacle())
        .isEqualTo("is encrypted");
    assertThat(disk(file.formatted("") + "<encryption format='luks'/>").image().obstacle())
        .isEqualTo("is encrypted");
    assertThat(disk(file.formatted("<slices><slice/></slices>")).image().obstacle())
        .isEqualTo("is a part of a file");
    assertThat(disk(file.formatted("<dataStore type='file'/>")).image().obstacle())
        .isEqualTo("keeps its data in another file");
    assertThat(disk("<driver type='raw'/>").image().obstacle()).isEqualTo("has no source");
    var network =
        domain(
            "",
            "<disk type='network' device='disk'><source protocol='rbd' name='p/i'/><target dev='vda'/></disk>");
    assertThatThrownBy(() -> DiskChain.stated(network, network.disks().getFirst()))
        .hasMessage(
            "the disk vda of the domain n can't be captured: it is neither a file nor a block device but of type network");
  }

  @Test
  void whatCanNotBelongTogetherIsRefused() throws Exception {
    assertStatedRefused("<driver type='qed'/><source file='/a'/>", "\"qed\" is not a disk format");
    assertStatedRefused("<source file='/a'/>", "\"\" is not a disk format");
    assertStatedRefused(
        "<driver type='vmdk'/><source file='/a'/>" + backing("/b", ""),
        "/a is no qcow2 image and stands on another one");
    assertStatedRefused(
        "<driver type='qcow2'/><source file='/a'/>" + backing("/b", backing("/a", "")),
        "/a stands on itself");
  }

  private static void assertStatedRefused(String inside, String reason) throws IOException {
    var disk = disk(inside);
    var domain = domain("", "");
    assertThatThrownBy(() -> DiskChain.stated(domain, disk))
        .isInstanceOf(HypervisorException.class)
        .hasMessageContaining("the disk vda of the domain n can't be captured")
        .hasMessageContaining(reason);
  }

  @Test
  void theImagesThatLibvirtStatesNeedNoOtherWord() throws Exception {
    var disk = disk("<driver type='qcow2'/><source file='/s'/>" + backing("/a", "<backingStore/>"));
    var chain = DiskChain.of(domain("", ""), disk, List.of());
    assertThat(chain.images())
        .extracting(image -> image.path().toString())
        .containsExactly("/s", "/a");
    assertThat(chain.stated()).isEqualTo(2);
  }
}
