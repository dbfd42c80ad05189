package io.platen.hypervisor;

import static org.assertj.core.api.Assertions.assertThat;

import io.platen.config.AddressRange;
import io.platen.config.PublicIps;
import io.platen.model.Ipv4;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class NetworkDescriptionTest {
  private static final String NAT =
      """
      <network>
        <name>default</name><uuid>b141ea7c-e1a1-4670-9ef3-6e26780d52d2</uuid>
        <forward mode='nat'><nat><port start='1024' end='65535'/></nat></forward>
        <bridge name='virbr0' stp='on' delay='0'/>
        <ip family='ipv6' address='fd00::1' prefix='64'><dhcp><range start='fd00::2' end='fd00::9'/></dhcp></ip>
        <ip address='192.168.122.1' netmask='255.255.255.0'>
          <dhcp>
            <range start='192.168.122.2' end='192.168.122.99'/>
            <host mac='52:54:00:AA:00:01' name='platen-ps1' ip='192.168.122.200'><lease expiry='2' unit='minutes'/></host>
            <host mac='52:54:00:00:00:02' ip='192.168.122.201'/>
          </dhcp>
        </ip>
      </network>
      """;

  private static Ipv4 ip(String text) {
    return Ipv4.parse(text).orElseThrow();
  }

  private static AddressRange range(String text) {
    return Objects.requireNonNull(PublicIps.of(text).range());
  }

  @Test
  void aNetworkOfLibvirtsOwnSaysWhereItGivesAddresses() throws Exception {
    var read = NetworkDescription.parse(NAT);
    assertThat(read.name()).isEqualTo("default");
    assertThat(read.forward()).isEqualTo("nat");
    assertThat(read.subnet())
        .isEqualTo(
            new NetworkDescription.Subnet(
                range("192.168.122.0-192.168.122.255"),
                ip("192.168.122.1"),
                List.of(range("192.168.122.2-192.168.122.99")),
                List.of(
                    new Reservation("52:54:00:aa:00:01", "platen-ps1", ip("192.168.122.200")),
                    new Reservation("52:54:00:00:00:02", "", ip("192.168.122.201")))));
    assertThat(read.objection(range("192.168.122.100-192.168.122.254"))).isEmpty();
  }

  @Test
  void aPrefixIsAMask() throws Exception {
    var read =
        NetworkDescription.parse(
            "<network><name>n</name><forward/><ip address='10.1.2.3' prefix='20'><dhcp/></ip></network>");
    assertThat(Objects.requireNonNull(read.subnet()).all())
        .isEqualTo(range("10.1.0.0-10.1.15.255"));
    assertThat(read.forward()).isEqualTo("nat");
  }

  @ParameterizedTest
  @CsvSource({
    "192.168.122.90-192.168.122.110,have addresses in common",
    "192.168.122.2-192.168.122.2,have addresses in common",
    "192.168.122.250-192.168.123.5,the subnet of the network",
    "10.0.0.1-10.0.0.2,the subnet of the network",
    "192.168.122.1-192.168.122.1,the host's address",
    "192.168.122.100-192.168.122.255,an end of the subnet"
  })
  void aRangeThatCanNotBeKeptIsRefusedWithTheReason(String range, String why) throws Exception {
    assertThat(NetworkDescription.parse(NAT).objection(range(range)).orElseThrow()).contains(why);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "<forward mode='bridge'/><bridge name='br0'/>",
        "<forward mode='route'/><ip address='192.168.122.1' netmask='255.255.255.0'/>",
        "<ip family='ipv6' address='fd00::1' prefix='64'><dhcp/></ip>"
      })
  void aNetworkThatGivesNoAddressesKeepsNone(String content) throws Exception {
    var read = NetworkDescription.parse("<network><name>lan</name>%s</network>".formatted(content));
    assertThat(read.subnet()).isNull();
    assertThat(read.objection(range("192.168.122.100-192.168.122.101")).orElseThrow())
        .contains("gives out no IPv4 addresses on the network \"lan\"");
  }

  @ParameterizedTest
  @CsvSource({"nat,true", "route,false", "open,false", "bridge,false"})
  void behindNatOnlyTheHostReachesAMachine(String mode, boolean only) throws Exception {
    var read =
        NetworkDescription.parse(
            "<network><name>n</name><forward mode='%s'/></network>".formatted(mode));
    assertThat(read.isReachedFromTheHostOnly()).isEqualTo(only);
  }

  @Test
  void tablesOfVirshAreRead() {
    assertThat(
            NetworkAddresses.parse(
                """
                 lo         00:00:00:00:00:00    ipv4         127.0.0.1/8
                 -          -                    ipv6         ::1/128
                 eth0       52:54:00:00:00:0A    ipv4         192.168.122.200/24
                 -          -                    ipv6         fe80::1/64
                 2026-11-29 16:02:44   52:54:00:00:00:0b   ipv4   10.200.0.7/24   platen-ps2   01:52:54:00:00:00:0b
                """))
        .containsExactly(
            new Lease("52:54:00:00:00:0a", ip("192.168.122.200")),
            new Lease("52:54:00:00:00:0b", ip("10.200.0.7")));
  }
}
