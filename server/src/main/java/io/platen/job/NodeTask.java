package io.platen.job;

import com.github.kagkarlsson.scheduler.task.TaskDescriptor;

/**
 * The names of db-scheduler's tasks: each node has its own, so that a node picks no other one's
 * jobs.
 */
public final class NodeTask {
  private NodeTask() {}

  /**
   * The name of a task of a node.
   *
   * @param node its name; empty where the database has one node only
   */
  public static String name(String task, String node) {
    return node.isEmpty() ? task : task + "@" + node;
  }

  /** The jobs of a node. */
  static TaskDescriptor<Void> of(String node) {
    return TaskDescriptor.of(name("event", node));
  }
}
