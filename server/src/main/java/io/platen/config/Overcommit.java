package io.platen.config;

/**
 * How much more than a node has its machines may be given, as factors. Where a database has one
 * node only, nothing is counted.
 *
 * @param disk of what the disks of its machines may grow to
 */
public record Overcommit(double cpus, double memory, double disk) {
  public static final Overcommit DEFAULT = new Overcommit(8, 1, 4);
}
