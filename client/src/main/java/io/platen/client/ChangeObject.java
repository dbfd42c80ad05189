package io.platen.client;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import picocli.CommandLine.Parameters;

/** Changes one object of a kind at once, and says what came of it in a sentence. */
abstract class ChangeObject extends ApiCommand {
  private final Kind kind;

  @Parameters(paramLabel = "ID|NAME", description = "Its id or name.")
  @SuppressWarnings("NullAway.Init")
  private String object;

  ChangeObject(Kind kind) {
    this.kind = kind;
  }

  /** Where the object is, below the base of the API. */
  String path(Find find, Kind kind, String idOrName) throws IOException {
    return find.path(kind, idOrName);
  }

  abstract Api.Answer ask(Api api, String path) throws IOException;

  /** What was done, without the object's name before it. */
  abstract String done();

  @Override
  final int run(Api api) throws IOException {
    var answer = ask(api, path(new Find(api), kind, object));
    if (isJson()) {
      System.out.println(answer.text());
    } else {
      JsonNode changed = answer.json();
      System.err.printf("%s %s %s%n", kind.word(), changed.path("name").asText(), done());
      System.out.println(changed.path("id").asText());
    }
    return ExitStatus.DONE;
  }
}
