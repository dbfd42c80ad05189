package io.platen.model;

import java.util.ArrayList;
import java.util.List;

/** Collects everything that is wrong with a request, so that the client learns it in one answer. */
public final class Issues {
  private final List<Issue> issues = new ArrayList<>();

  public void add(String path, String message) {
    issues.add(new Issue(path, message));
  }

  /** Whether something is wrong with this parameter or field. */
  public boolean has(String path) {
    return issues.stream().anyMatch(issue -> issue.path().equals(path));
  }

  /**
   * Answers the request, where anything was collected.
   *
   * @throws Refusal INVALID with all that was collected, if anything was
   */
  public void throwIfAny() {
    if (!issues.isEmpty()) {
      throw Refusal.invalid(issues);
    }
  }
}
