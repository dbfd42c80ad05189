package io.platen.machine;

/**
 * Where a machine is.
 *
 * @param node the one that has it; empty in a database that has one node only
 * @param diskUsed what its disk took there when that node looked last, in bytes
 */
public record MachineHost(String node, long diskUsed) {
  /** Of a machine that no node has yet, or of a database with one node. */
  static final MachineHost UNKNOWN = new MachineHost("", 0);
}
