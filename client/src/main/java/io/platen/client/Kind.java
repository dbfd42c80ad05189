package io.platen.client;

/** What the API has lists of, and people call by id or name. */
enum Kind {
  MACHINE("machine", "/machines"),
  TEMPLATE("template", "/custom-templates"),
  SNAPSHOT("snapshot", "/snapshots");

  private final String word;
  private final String path;

  Kind(String word, String path) {
    this.word = word;
    this.path = path;
  }

  /** As people call it, and as its commands are called. */
  String word() {
    return word;
  }

  /** Its list, below the base of the API. */
  String path() {
    return path;
  }
}
