package io.platen.hypervisor;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class HostCapacityTest {
  private static final long GIB = 1L << 30;

  @Test
  void aMachineGetsAtMostWhatTheHostHas() {
    var host = new HostCapacity(2, 4 * GIB);
    assertThat(host.cappedCpus(1)).isEqualTo(1);
    assertThat(host.cappedCpus(8)).isEqualTo(2);
    assertThat(host.cappedMemory(GIB)).isEqualTo(GIB);
    assertThat(host.cappedMemory(16 * GIB)).isEqualTo(4 * GIB - GIB / 2);
  }

  @Test
  void aTinyHostStillRunsSomething() {
    assertThat(new HostCapacity(1, GIB / 4).cappedMemory(GIB)).isEqualTo(128L << 20);
  }
}
