package io.platen.client;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.io.PrintStream;

/** Follows what is under way, on standard error, until it ends. */
final class EventWatch {
  private final Api api;
  private final PrintStream out;

  EventWatch(Api api, PrintStream out) {
    this.api = api;
    this.out = out;
  }

  /** Waits for the end of an event; returns the event. */
  Api.Answer awaitEnd(String eventId) throws IOException {
    var hint =
        new Thread(
            () ->
                out.printf(
                    "%nIt goes on without this command. To watch it: platen event watch %1$s; to cancel it: platen event cancel %1$s%n",
                    eventId));
    Runtime.getRuntime().addShutdownHook(hint);
    try {
      return follow(eventId);
    } finally {
      Runtime.getRuntime().removeShutdownHook(hint);
    }
  }

  private Api.Answer follow(String eventId) throws IOException {
    ProgressBar bar = null;
    var patience = new Patience();
    while (true) {
      try {
        var event = api.get("/machine-events/" + eventId);
        var progress = api.get("/machine-events/" + eventId + "/progress").json();
        patience.answered();
        if (bar == null) {
          bar = new ProgressBar(out, event.json().path("name").asText());
        }
        String state = event.json().path("state").asText();
        long done = progress.path("bytesDone").asLong();
        long total = progress.path("bytesTotal").asLong();
        if (!state.equals("new") && !state.equals("in progress")) {
          bar.end(state, done, total);
          return event;
        }
        show(bar, state, progress, done, total);
      } catch (IOException e) {
        patience.orThrow(e);
      }
      patience.pause();
    }
  }

  private static void show(
      ProgressBar bar, String state, JsonNode progress, long done, long total) {
    var left = progress.path("secondsLeft");
    bar.show(
        progress.path("phase").asText(state),
        done,
        total,
        progress.path("bytesPerSecond").asLong(),
        left.isNumber() ? left.asLong() : null);
  }

  /** The exit status of a command that waited for this event, which says why where it failed. */
  static int exitStatus(JsonNode event) {
    String state = event.path("state").asText();
    if (state.equals("done")) {
      return ExitStatus.DONE;
    }
    System.err.println(
        "platen: "
            + (state.equals("cancelled")
                ? event.path("name").asText() + " was cancelled"
                : event.path("error").asText(state)));
    return ExitStatus.FAILED;
  }
}
