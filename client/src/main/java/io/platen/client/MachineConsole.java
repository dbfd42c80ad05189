package io.platen.client;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
    name = "console",
    description = {
      "Shows the last lines that a machine wrote to its serial console, as it wrote them.",
      "It only reads: to type there, use platen machine ssh, or virsh console on the machine's host."
    },
    mixinStandardHelpOptions = true)
final class MachineConsole extends ApiCommand {
  private static final List<String> ENDS = List.of("off", "error");

  @Option(
      names = {"-f", "--follow"},
      description = "Goes on until the machine is off, or until Ctrl-C.")
  private boolean follow;

  @Option(names = "--all", description = "From the beginning of what the server has.")
  private boolean all;

  @Parameters(paramLabel = "ID|NAME", description = "Its id or name.")
  @SuppressWarnings("NullAway.Init")
  private String machine;

  @Override
  int run(Api api) throws IOException {
    String path = new Find(api).path(Kind.MACHINE, machine) + "/console";
    var patience = new Patience();
    Map<String, String> query = all ? Map.of("offset", "0") : Map.of();
    boolean wrote = false;
    while (true) {
      Api.@Nullable Answer answer = null;
      try {
        answer = api.get(path, query);
        patience.answered();
      } catch (IOException e) {
        patience.orThrow(e);
      }
      if (answer != null) {
        print(answer);
        boolean silent = answer.json().path("text").asText().isEmpty();
        wrote |= !silent;
        if (silent && !wrote) {
          sayNothing(answer.json());
          wrote = true; // once
        }
        if (silent && (!follow || hasEnded(answer.json()))) {
          return ExitStatus.DONE;
        }
        if (!follow && !all) {
          return ExitStatus.DONE;
        }
        query = Map.of("offset", answer.json().path("nextOffset").asText());
        if (!silent) {
          patience.begin();
          if (!follow) {
            continue;
          }
        }
      }
      patience.pause();
    }
  }

  /** An empty output alone could be taken for a mistake. */
  private void sayNothing(JsonNode answer) {
    if (!isJson()) {
      System.err.printf(
          "%s has written nothing to its serial console so far; it is %s. Its guest has to use that as a console (console=ttyS0).%n",
          answer.path("machineId").asText(), answer.path("state").asText());
    }
  }

  private static boolean hasEnded(JsonNode answer) {
    return ENDS.contains(answer.path("state").asText());
  }

  private void print(Api.Answer answer) throws IOException {
    if (isJson()) {
      System.out.println(answer.text());
    } else {
      System.out.print(answer.json().path("text").asText());
    }
    // Flushes, too.
    if (System.out.checkError()) {
      throw new IOException("standard output takes no more");
    }
  }
}
