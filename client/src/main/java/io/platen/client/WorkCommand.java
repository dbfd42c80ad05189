package io.platen.client;

import java.io.IOException;
import picocli.CommandLine.Option;

/**
 * Begins work on the server, which goes on behind the answer. The id of what it is about is the
 * last line of standard output.
 */
abstract class WorkCommand extends ApiCommand {
  @Option(
      names = "--wait",
      description = "Waits for the end, shows how far it is, and fails where the work fails.")
  private boolean wait;

  abstract Api.Answer begin(Api api) throws IOException;

  @Override
  int run(Api api) throws IOException {
    var answer = begin(api);
    String eventId = answer.json().path("event").path("id").asText();
    if (isJson()) {
      System.out.println(answer.text());
    } else if (!wait && !eventId.isEmpty()) {
      System.err.printf("begun; to watch it: platen event watch %s%n", eventId);
    }
    int status = ExitStatus.DONE;
    if (wait && !eventId.isEmpty()) {
      var ended = new EventWatch(api, System.err).awaitEnd(eventId);
      if (isJson()) {
        System.out.println(ended.text());
      }
      status = EventWatch.exitStatus(ended.json());
    }
    if (!isJson() && status == ExitStatus.DONE) {
      System.out.println(answer.json().path("data").path("id").asText());
    }
    return status;
  }
}
