package io.platen.powercut;

import io.platen.powercut.History.State;
import io.platen.support.Client;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Captures, launches, deletes, undeletes and purges, one after the other, and notes what was
 * answered.
 */
final class Workload {
  private final Client client;
  private final LoggedDisk disk;
  private final History templates;
  private final History machines;
  private final Map<String, Path> content;
  private final Random random;
  private final List<String> listed = new ArrayList<>();
  private final List<String> deleted = new ArrayList<>();
  private final List<String> launched = new ArrayList<>();

  /**
   * @param content what each template and each machine holds, for all workloads
   */
  Workload(
      Client client,
      LoggedDisk disk,
      History templates,
      History machines,
      ConcurrentHashMap<String, Path> content,
      long seed) {
    this.client = client;
    this.disk = disk;
    this.templates = templates;
    this.machines = machines;
    this.content = content;
    this.random = new Random(seed);
  }

  /**
   * Works through these machines: each is captured, and something else is done after it.
   *
   * @param sources machines' ids, and the disks that they have
   */
  Void run(Map<String, Path> sources) throws Exception {
    for (var source : sources.entrySet()) {
      capture(source.getKey(), source.getValue());
      other();
      other();
    }
    return null;
  }

  private void capture(String machine, Path raw) throws IOException {
    long begun = disk.position();
    var answer = client.capture(machine, "of " + raw.getFileName());
    String id = answer.path("data").path("id").asText();
    content.put(id, raw);
    templates.add(id, begun, disk.position(), State.LISTED);
    // Of half of them the next request meets the capture under way.
    if (random.nextBoolean()) {
      client.awaitDone(answer);
    }
    listed.add(id);
  }

  private void other() throws IOException {
    switch (random.nextInt(6)) {
      case 0, 1 -> launch();
      case 2 -> remove("?purge=true");
      case 3 -> remove("");
      case 4 -> undelete();
      default -> removeMachine();
    }
  }

  private void launch() throws IOException {
    if (listed.isEmpty()) {
      return;
    }
    String template = listed.get(random.nextInt(listed.size()));
    if (!isAvailable(template)) {
      return;
    }
    long begun = disk.position();
    var answer = client.launch(template, 50, "launched");
    String id = answer.path("data").path("id").asText();
    content.put(id, content.get(template));
    machines.add(id, begun, disk.position(), State.LISTED);
    client.awaitDone(answer);
    launched.add(id);
  }

  private boolean isAvailable(String template) {
    return client
        .get("/custom-templates/" + template)
        .ok()
        .path("availableMachineTypes")
        .findValuesAsText("isAvailable")
        .contains("true");
  }

  private void remove(String query) throws IOException {
    if (listed.isEmpty()) {
      return;
    }
    String id = listed.remove(random.nextInt(listed.size()));
    boolean complete = isAvailable(id);
    long begun = disk.position();
    client.delete("/custom-templates/" + id + query).ok();
    templates.add(id, begun, disk.position(), State.ABSENT);
    if (complete && query.isEmpty()) {
      deleted.add(id);
    }
  }

  private void undelete() throws IOException {
    if (deleted.isEmpty()) {
      return;
    }
    String id = deleted.remove(random.nextInt(deleted.size()));
    long begun = disk.position();
    client.post("/custom-templates/" + id + "/undelete", "").ok();
    templates.add(id, begun, disk.position(), State.LISTED);
    listed.add(id);
  }

  private void removeMachine() throws IOException {
    if (launched.isEmpty()) {
      return;
    }
    String id = launched.remove(random.nextInt(launched.size()));
    long begun = disk.position();
    var answer = client.delete("/machines/" + id).ok();
    machines.add(id, begun, disk.position(), State.ABSENT);
    client.awaitDone(answer);
  }
}
