package io.platen.hypervisor;

import static io.platen.hypervisor.Patience.QUESTION;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.platen.process.DeadMansSwitch;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * The monitor of a running domain's QEMU, by way of libvirt, which notes once in its log that
 * others use it ("custom-monitor").
 */
final class QemuMonitor {
  private static final JsonMapper JSON = new JsonMapper();

  private final Virsh virsh;
  private final String domain;

  QemuMonitor(Virsh virsh, String domain) {
    this.virsh = virsh;
    this.domain = domain;
  }

  /**
   * A command.
   *
   * @param option of virsh, for the kind of command; empty for the QEMU Machine Protocol
   */
  record Command(String text, String option) {
    /** One of the QEMU Machine Protocol. */
    static Command of(String name, Map<String, Object> arguments) throws IOException {
      var json = Map.of("execute", name, "arguments", arguments);
      return new Command(JSON.writeValueAsString(json), "");
    }

    /** One of the monitor for people, which prints something where it fails, and else nothing. */
    static Command forPeople(String text) {
      return new Command(text, "--hmp");
    }
  }

  /**
   * Runs a command of the QEMU Machine Protocol.
   *
   * @return what it returned
   * @throws HypervisorException where QEMU refuses it
   */
  JsonNode run(String name, Map<String, Object> arguments)
      throws IOException, InterruptedException {
    return answer(
        virsh.run(QUESTION, "qemu-monitor-command", domain, Command.of(name, arguments).text()));
  }

  /**
   * Runs commands one after the other, in one run of virsh; each of them, whatever became of those
   * before.
   *
   * @throws HypervisorException where QEMU refuses one
   */
  void runAll(List<Command> commands) throws IOException, InterruptedException {
    String batch =
        commands.stream()
            .map(
                command ->
                    "qemu-monitor-command %s --domain %s --cmd %s"
                        .formatted(
                            command.option(),
                            DeadMansSwitch.quote(domain),
                            DeadMansSwitch.quote(command.text())))
            .collect(Collectors.joining("; "));
    int answers = 0;
    for (var line : virsh.run(QUESTION, batch).lines().map(String::strip).toList()) {
      if (line.startsWith("{")) {
        var _ = answer(line);
        answers++;
      } else if (!line.isEmpty()) {
        throw new HypervisorException("QEMU says: " + line);
      }
    }
    long expected = commands.stream().filter(command -> command.option().isEmpty()).count();
    if (answers != expected) {
      throw new HypervisorException("QEMU answered %d of %d commands".formatted(answers, expected));
    }
  }

  private static JsonNode answer(String line) throws IOException {
    var json = JSON.readTree(line);
    if (json.has("error")) {
      throw new HypervisorException(
          "QEMU refused: %s".formatted(json.path("error").path("desc").asText()));
    }
    return json.path("return");
  }
}
