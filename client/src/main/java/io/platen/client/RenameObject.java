package io.platen.client;

import java.io.IOException;
import java.util.Map;
import picocli.CommandLine.Parameters;

/** Gives one object of a kind another name, and shows it. */
abstract class RenameObject extends ShowCommand {
  private final Kind kind;

  @Parameters(index = "0", paramLabel = "ID|NAME", description = "Its id or name.")
  @SuppressWarnings("NullAway.Init")
  private String object;

  @Parameters(index = "1", paramLabel = "NEW-NAME", description = "Its new name.")
  @SuppressWarnings("NullAway.Init")
  private String name;

  RenameObject(Kind kind) {
    this.kind = kind;
  }

  @Override
  final Api.Answer ask(Api api) throws IOException {
    return api.put(new Find(api).path(kind, object), Map.of("name", name));
  }
}
