package io.platen.hypervisor;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.time.Duration;
import java.util.Map;

/**
 * The monitor of a running domain's QEMU, by way of libvirt, which notes once in its log that
 * others use it ("custom-monitor").
 */
final class QemuMonitor {
  private static final JsonMapper JSON = new JsonMapper();
  private static final Duration QUESTION = Duration.ofSeconds(10);

  private final Virsh virsh;
  private final String domain;

  QemuMonitor(Virsh virsh, String domain) {
    this.virsh = virsh;
    this.domain = domain;
  }

  /**
   * Runs a command of the QEMU Machine Protocol.
   *
   * @return what it returned
   * @throws HypervisorException where QEMU refuses it
   */
  JsonNode run(String command, Map<String, Object> arguments)
      throws IOException, InterruptedException {
    var json =
        JSON.readTree(
            virsh.run(
                QUESTION,
                "qemu-monitor-command",
                domain,
                JSON.writeValueAsString(Map.of("execute", command, "arguments", arguments))));
    if (json.has("error")) {
      throw new HypervisorException(
          "QEMU refused %s: %s".formatted(command, json.path("error").path("desc").asText()));
    }
    return json.path("return");
  }

  /**
   * Runs a command of the monitor for people; what it says is its only sign of a failure.
   *
   * @return what it printed
   */
  String runForPeople(String command) throws IOException, InterruptedException {
    return virsh.run(QUESTION, "qemu-monitor-command", domain, "--hmp", command);
  }
}
