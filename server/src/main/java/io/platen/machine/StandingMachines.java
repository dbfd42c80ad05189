package io.platen.machine;

/**
 * Whether a machine stands on something, in SQL: the condition is spelled here and nowhere else. A
 * deleted machine counts until it is removed ({@code present_machine}), since its disk may be
 * there.
 */
public final class StandingMachines {
  private StandingMachines() {}

  /**
   * The condition that a machine was launched from a template, whose index then outlives it.
   *
   * @param id an expression for the template's id
   */
  public static String onTemplate(String id) {
    // As present_machine has it, in two parts: SQLite uses no index of a view's parts here.
    return "(%s OR %s)"
        .formatted(standsBy("base_template_id", id), standsBy("other_template_id", id));
  }

  private static String standsBy(String column, String id) {
    return "EXISTS (SELECT 1 FROM machine standing WHERE standing.%s = %s AND standing.dt_removed IS NULL)"
        .formatted(column, id);
  }

  /** How many machines {@link #onTemplate} means. */
  public static String countOnTemplate(String id) {
    return "(SELECT COUNT(*) %s)".formatted(standingOnTemplate(id));
  }

  private static String standingOnTemplate(String id) {
    return "FROM present_machine standing WHERE standing.base_template_id = " + id;
  }

  /**
   * The condition that a disk of a machine of a node stands, or is about to stand, on a base image.
   *
   * @param digest an expression for the SHA-256 of the index that the image is built from
   * @param node an expression for the node's name
   */
  static String onBaseImage(String digest, String node) {
    return """
        EXISTS (SELECT 1 FROM present_machine standing JOIN machine of ON of.id = standing.id
          WHERE standing.base_digest = %s AND of.node = %s)"""
        .formatted(digest, node);
  }
}
