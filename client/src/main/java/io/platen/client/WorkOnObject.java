package io.platen.client;

import java.io.IOException;
import picocli.CommandLine.Parameters;

/** Begins work on one object of a kind. */
abstract class WorkOnObject extends WorkCommand {
  private final Kind kind;

  @Parameters(index = "0", paramLabel = "ID|NAME", description = "Its id or name.")
  @SuppressWarnings("NullAway.Init")
  private String object;

  WorkOnObject(Kind kind) {
    this.kind = kind;
  }

  @Override
  final Api.Answer begin(Api api) throws IOException {
    return begin(api, new Find(api).path(kind, object));
  }

  /**
   * Asks for it.
   *
   * @param path the object's
   */
  abstract Api.Answer begin(Api api, String path) throws IOException;
}
