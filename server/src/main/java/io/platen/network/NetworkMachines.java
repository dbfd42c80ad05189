package io.platen.network;

import org.jdbi.v3.core.Handle;

/** Which machines are on a private network. */
public interface NetworkMachines {
  /**
   * The machines on a network.
   *
   * @param all deleted ones included that are not removed yet: their domains may run
   * @param deleted how many of them are
   */
  record OnNetwork(int all, int deleted) {}

  /** How many machines are on it. */
  OnNetwork on(Handle handle, String networkId);
}
