package io.platen.client;

import java.io.IOException;
import picocli.CommandLine.Parameters;

/** Shows one object of a kind. */
abstract class ShowObject extends ShowCommand {
  private final Kind kind;

  @Parameters(paramLabel = "ID|NAME", description = "Its id or name.")
  @SuppressWarnings("NullAway.Init")
  private String object;

  ShowObject(Kind kind) {
    this.kind = kind;
  }

  @Override
  final Api.Answer ask(Api api) throws IOException {
    return ask(api, new Find(api).path(kind, object));
  }

  /** The answer to be shown; {@code path} is the object's. */
  Api.Answer ask(Api api, String path) throws IOException {
    return api.get(path);
  }
}
