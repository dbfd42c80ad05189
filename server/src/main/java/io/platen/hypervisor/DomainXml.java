package io.platen.hypervisor;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Locale;
import java.util.UUID;
import org.w3c.dom.Element;

/** Writes definitions for libvirt, in its XML (libvirt.org/formatdomain.html). */
final class DomainXml {
  /** The disk of a machine that is launched here. */
  static final String DISK = "vda";

  private DomainXml() {}

  /** The same for the same name, so that defining a domain again changes the one that is there. */
  static UUID uuid(String name) {
    return UUID.nameUUIDFromBytes(name.getBytes(StandardCharsets.UTF_8));
  }

  /** An address from QEMU's range, the same for the same name. */
  static String mac(String name) {
    try {
      byte[] hash =
          MessageDigest.getInstance("SHA-256").digest(name.getBytes(StandardCharsets.UTF_8));
      return "52:54:00:%02x:%02x:%02x".formatted(hash[0], hash[1], hash[2]);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("SHA-256 is part of every JDK", e);
    }
  }

  /** That of a second card, on the public network. */
  static String publicMac(String name) {
    return mac(name + "/public");
  }

  static String of(DomainSpec spec) {
    boolean uefi = spec.firmware().equals("uefi");
    return """
    <domain type='%s'>
      <name>%s</name>
      <uuid>%s</uuid>
      <title>%s</title>
      <metadata>%s</metadata>
      <memory unit='KiB'>%d</memory>
      <vcpu>%d</vcpu>
      <os%s><type arch='x86_64' machine='%s'>hvm</type><boot dev='hd'/></os>
      <features><acpi/><apic/></features>
      %s
      <clock offset='utc'/>
      <on_poweroff>destroy</on_poweroff>
      <on_reboot>restart</on_reboot>
      <on_crash>destroy</on_crash>
      <devices>
        <disk type='file' device='disk'>
          <driver name='qemu' type='qcow2' discard='unmap'/>
          <source file='%s'/>
          <backingStore type='file'>
            <format type='raw'/>
            <source file='%s'>%s</source>
            <backingStore/>
          </backingStore>
          <target dev='%s' bus='virtio'/>
        </disk>
    %s%s%s    <serial type='pty'><log file='%s' append='on'/></serial>
        <channel type='unix'><target type='virtio' name='org.qemu.guest_agent.0'/></channel>
        <memballoon model='virtio'/>
        <rng model='virtio'><backend model='random'>/dev/urandom</backend></rng>
      </devices>
    </domain>
    """
        .formatted(
            spec.accelerated() ? "kvm" : "qemu",
            escape(spec.name()),
            uuid(spec.name()),
            escape(spec.title()),
            spec.mark().xml(),
            spec.memory() >> 10,
            spec.cpus(),
            uefi ? " firmware='efi'" : "",
            uefi ? "q35" : "pc",
            spec.accelerated() ? "<cpu mode='host-passthrough'/>" : "",
            escape(spec.disk()),
            escape(spec.base()),
            label(spec),
            DISK,
            seed(spec, uefi),
            card(mac(spec.name()), spec.network()),
            spec.publicNetwork() == null ? "" : card(publicMac(spec.name()), spec.publicNetwork()),
            escape(spec.console()));
  }

  private static String card(String mac, String network) {
    return """
            <interface type='network'>
              <mac address='%s'/>
              <source network='%s'/>
              <model type='virtio'/>
            </interface>
        """
        .formatted(mac, escape(network));
  }

  /**
   * A network without a way out. Its UUID follows from its name, so that two that define it at once
   * define the same one.
   */
  static String isolatedNetwork(String name, String prefix, Mark mark) {
    return """
    <network>
      <name>%s</name>
      <uuid>%s</uuid>
      <metadata>%s</metadata>
      <ip address='%s.1' netmask='255.255.255.0'>
        <dhcp><range start='%s.2' end='%s.254'/></dhcp>
      </ip>
    </network>
    """
        .formatted(escape(name), uuid(name), mark.xml(), prefix, prefix, prefix);
  }

  /** Whether a network that libvirt describes is the isolated network of this name and mark. */
  static boolean isIsolatedNetwork(Element root, String name, String prefix, Mark mark) {
    var found = Mark.of(root);
    if (found.isPresent()) {
      return found.get().equals(mark);
    }
    return text(root, "uuid").equals(uuid(name).toString())
        && root.getElementsByTagName("ip").item(0) instanceof Element ip
        && ip.getAttribute("address").equals(prefix + ".1");
  }

  private static String text(Element root, String name) {
    return root.getElementsByTagName(name).item(0) instanceof Element element
        ? element.getTextContent().strip()
        : "";
  }

  private static String label(DomainSpec spec) {
    return spec.readable() ? "<seclabel model='dac' relabel='no'/>" : "";
  }

  private static String seed(DomainSpec spec, boolean uefi) {
    return spec.seed() == null
        ? ""
        : """
            <disk type='file' device='cdrom'>
              <driver name='qemu' type='raw'/>
              <source file='%s'>%s</source>
              <target dev='%s' bus='%s'/>
              <readonly/>
            </disk>
        """
            .formatted(
                escape(spec.seed()), label(spec), uefi ? "sda" : "hda", uefi ? "sata" : "ide");
  }

  static String escape(Object value) {
    var escaped = new StringBuilder();
    value
        .toString()
        .codePoints()
        .forEach(
            c -> {
              switch (c) {
                case '&' -> escaped.append("&amp;");
                case '<' -> escaped.append("&lt;");
                case '>' -> escaped.append("&gt;");
                case '\'' -> escaped.append("&apos;");
                case '"' -> escaped.append("&quot;");
                default -> {
                  if (isXml(c)) {
                    escaped.appendCodePoint(c);
                  } else {
                    escaped.append(String.format(Locale.ROOT, "U+%04X", c));
                  }
                }
              }
            });
    return escaped.toString();
  }

  /** Whether XML 1.0 can hold it. */
  private static boolean isXml(int c) {
    return c == '\t'
        || c == '\n'
        || (c >= 0x20 && c <= 0xD7FF)
        || (c >= 0xE000 && c <= 0xFFFD)
        || c >= 0x10000;
  }
}
