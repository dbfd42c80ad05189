package io.platen.hypervisor;

import java.time.Duration;

/**
 * What libvirt is asked for, by how long it may take. The limit is there for a libvirt that hangs,
 * and not for a host that is busy: the configuration says how long that may be (docs/decisions,
 * 155).
 */
enum Patience {
  /** Takes 40 ms on a host with nothing else to do. */
  QUESTION(1),

  /** Starting a domain makes and labels its files, which takes seconds on a busy host. */
  CHANGE(2),

  /**
   * Libvirt may have to find out what QEMU can do before it takes a domain: 68 s each time on a
   * host without KVM and D-Bus. A definition that is given up is made all the same.
   */
  DEFINITION(10);

  private final int times;

  Patience(int times) {
    this.times = times;
  }

  /**
   * How long it may take.
   *
   * @param answer how long a question may take
   */
  Duration limit(Duration answer) {
    return answer.multipliedBy(times);
  }
}
