package io.platen.node;

/**
 * What a node has, or gives.
 *
 * @param cpus processors
 * @param memory bytes
 * @param disk bytes
 */
public record NodeSize(int cpus, long memory, long disk) {
  public static final NodeSize NONE = new NodeSize(0, 0, 0);
}
