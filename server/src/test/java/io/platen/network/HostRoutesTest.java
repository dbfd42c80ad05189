package io.platen.network;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class HostRoutesTest {
  private static final String HEAD =
      "Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT\n";

  @TempDir
  @SuppressWarnings("NullAway.Init")
  Path directory;

  private HostRoutes routes(String... lines) throws IOException {
    return HostRoutes.read(
        Files.writeString(directory.resolve("route"), HEAD + String.join("", lines)));
  }

  private static String line(String destination, String mask) {
    return "eth0\t" + destination + "\t00000000\t0001\t0\t0\t0\t" + mask + "\t0\t0\t0\n";
  }

  private static int number(int second, int third) {
    return (second - 200) * 256 + third;
  }

  private static boolean leadInto(HostRoutes routes, int second, int third) {
    return routes.leadInto(PrivateNetwork.address(number(second, third)));
  }

  @Test
  void theDefaultRouteLeadsIntoNoSubnet() throws Exception {
    assertThat(leadInto(routes(line("00000000", "00000000")), 200, 0)).isFalse();
    assertThat(leadInto(routes(), 200, 0)).isFalse();
  }

  @Test
  void aSubnetWithARouteIntoItIsNotFree() throws Exception {
    // 10.200.1.0/24, 10.201.2.128/25, 10.202.3.4/32, 10.204.0.0/16, 192.168.122.0/24
    var routes =
        routes(
            line("0001C80A", "00FFFFFF"),
            line("8002C90A", "80FFFFFF"),
            line("0403CA0A", "FFFFFFFF"),
            line("0000CC0A", "0000FFFF"),
            line("007AA8C0", "00FFFFFF"));
    assertThat(leadInto(routes, 200, 0)).isFalse();
    assertThat(leadInto(routes, 200, 1)).isTrue();
    assertThat(leadInto(routes, 200, 2)).isFalse();
    assertThat(leadInto(routes, 201, 2)).isTrue();
    assertThat(leadInto(routes, 202, 3)).isTrue();
    assertThat(leadInto(routes, 202, 4)).isFalse();
    assertThat(leadInto(routes, 204, 255)).isTrue();
    assertThat(leadInto(routes, 205, 0)).isFalse();
  }

  @Test
  void theTableOfThisHostIsOne() throws Exception {
    var _ = HostRoutes.read(HostRoutes.TABLE);
  }

  @Test
  void anotherFileIsRefused() {
    assertThatThrownBy(() -> routes("root:x:0:0\n")).isInstanceOf(IOException.class);
    assertThatThrownBy(() -> routes(line("zz", "00FFFFFF"))).isInstanceOf(IOException.class);
  }
}
