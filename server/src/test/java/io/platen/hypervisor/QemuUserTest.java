package io.platen.hypervisor;

import static org.assertj.core.api.Assertions.assertThat;

import io.platen.linux.HostUser;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class QemuUserTest {
  private static Optional<QemuUser> user(String model, String label) throws Exception {
    String capabilities =
        """
        <capabilities><host>
          <secmodel><model>apparmor</model><doi>0</doi></secmodel>
          <secmodel><model>%s</model><doi>0</doi>
            <baselabel type='kvm'>%s</baselabel><baselabel type='qemu'>%s</baselabel></secmodel>
        </host></capabilities>
        """
            .formatted(model, label, label);
    return QemuUser.ofCapabilities(Xml.document(capabilities));
  }

  @Test
  void libvirtTellsWhomItsQemuRunsAs() throws Exception {
    assertThat(user("dac", "+64055:+107")).contains(new QemuUser("64055", "107"));
  }

  @Test
  void oneThatRunsAsOurselvesNeedsNothing() throws Exception {
    assertThat(user("dac", "+%d:+0".formatted(HostUser.ownId()))).isEmpty();
  }

  @Test
  void whereLibvirtDoesNotSwitchUsersThereIsNone() throws Exception {
    assertThat(user("selinux", "system_u:system_r:svirt_t:s0")).isEmpty();
  }

  @Test
  void aDomainMayHaveAUserOfItsOwn() throws Exception {
    String xml =
        """
        <domain><name>n</name><uuid>u</uuid><memory unit='KiB'>1024</memory><vcpu>1</vcpu>
        <os><type arch='x86_64'>hvm</type></os><devices/>
        <seclabel type='dynamic' model='apparmor'><label>libvirt-u</label></seclabel>
        <seclabel type='static' model='dac'><label>builder:kvm</label></seclabel></domain>
        """;
    assertThat(DomainDescription.parse(xml).user()).contains(new QemuUser("builder", "kvm"));
  }
}
