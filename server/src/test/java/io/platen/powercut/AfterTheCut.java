package io.platen.powercut;

import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.github.luben.zstd.ZstdInputStream;
import io.platen.powercut.History.State;
import io.platen.support.Client;
import io.platen.support.Disks;
import io.platen.support.Program;
import io.platen.support.RunningServer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/** What is wrong on a disk whose power was cut, before and after a server has started on it. */
final class AfterTheCut {
  private static final Duration LIMIT = Duration.ofMinutes(5);

  private final History templates;
  private final History machines;
  private final Map<String, Path> content;
  private final String key;
  private final List<String> wrong = new ArrayList<>();

  /**
   * @param content what each template and each machine holds
   * @param key of the team that they belong to
   */
  AfterTheCut(History templates, History machines, Map<String, Path> content, String key) {
    this.templates = templates;
    this.machines = machines;
    this.content = content;
    this.key = key;
  }

  /**
   * Mounts the disk, as a boot does, and looks.
   *
   * @param position of the cut in the log
   * @return what is wrong, in words; empty where nothing is
   */
  List<String> look(Path image, Path directory, long position) throws Exception {
    wrong.clear();
    Path mounted = Files.createDirectory(directory.resolve("after"));
    Program.succeed("mount", "-o", "loop", image.toString(), mounted.toString());
    try {
      Path data = mounted.resolve("data");
      lookAtChunks(data.resolve("store.castr"));
      try (var server = RunningServer.startWithKey(data, key)) {
        lookAtObjects(server, position);
        server.terminate();
      }
    } finally {
      Program.succeed("umount", mounted.toString());
      Files.delete(mounted);
    }
    var checked = Program.run(List.of("/sbin/e2fsck", "-f", "-n", image.toString()));
    if (checked.status() != 0) {
      wrong.add("the file system itself: " + checked.out());
    }
    return List.copyOf(wrong);
  }

  /** No chunk is half there: whatever has a chunk's name has its content. */
  private void lookAtChunks(Path store) throws Exception {
    try (Stream<Path> files = Files.walk(store)) {
      for (Path chunk : files.filter(file -> file.toString().endsWith(".cacnk")).toList()) {
        String name = String.valueOf(chunk.getFileName());
        var digest = MessageDigest.getInstance("SHA-256");
        try (var in =
            new DigestInputStream(new ZstdInputStream(Files.newInputStream(chunk)), digest)) {
          in.transferTo(java.io.OutputStream.nullOutputStream());
        } catch (IOException e) {
          wrong.add("%s can't be read: %s".formatted(name, e.getMessage()));
          continue;
        }
        if (!name.equals(HexFormat.of().formatHex(digest.digest()) + ".cacnk")) {
          wrong.add(name + " holds something else");
        }
      }
    }
  }

  private void lookAtObjects(RunningServer server, long position) throws Exception {
    var client = server.client();
    await("all work to end").atMost(LIMIT).until(() -> isIdle(client));
    var found = all(client, "/custom-templates?limit=120");
    compare("template", templates, found, position);
    for (var id : found.keySet()) {
      Path extracted = server.data().resolveSibling("extracted");
      try {
        Disks.extract(server.data(), id, extracted);
        expect("template " + id, Files.mismatch(extracted, content(id)) == -1);
      } catch (IOException e) {
        wrong.add("template %s: %s".formatted(id, e.getMessage()));
      } finally {
        Files.deleteIfExists(extracted);
      }
    }
    var launched = all(client, "/machines?limit=120");
    launched.keySet().removeIf(id -> !machines.objects().contains(id));
    compare("machine", machines, launched, position);
    for (var id : launched.keySet()) {
      Path disk = server.data().resolve("machines").resolve(id).resolve("disk.qcow2");
      var same =
          Program.run(
              List.of(
                  "qemu-img",
                  "compare",
                  "-f",
                  "raw",
                  "-F",
                  "qcow2",
                  content(id).toString(),
                  disk.toString()));
      expect("machine %s: %s".formatted(id, same.out() + same.err()), same.status() == 0);
    }
  }

  private Path content(String id) {
    var path = content.get(id);
    if (path == null) {
      throw new IllegalStateException(id + " was never made");
    }
    return path;
  }

  private void expect(String what, boolean holds) {
    if (!holds) {
      wrong.add(what + " differs from what it was made of");
    }
  }

  private void compare(String kind, History history, Map<String, JsonNode> found, long position) {
    for (var id : history.objects()) {
      var state = found.containsKey(id) ? State.LISTED : State.ABSENT;
      var possible = history.possible(id, position);
      if (!possible.contains(state)) {
        wrong.add("%s %s is %s, not %s".formatted(kind, id, state, possible));
      }
    }
  }

  private static boolean isIdle(Client client) {
    for (var event : all(client, "/machine-events?limit=120").values()) {
      if (event.path("dtFinished").isNull()) {
        return false;
      }
    }
    return true;
  }

  private static Map<String, JsonNode> all(Client client, String list) {
    var all = new LinkedHashMap<String, JsonNode>();
    var page = client.get(list).ok();
    while (true) {
      page.path("items").forEach(item -> all.put(item.path("id").asText(), item));
      if (!page.path("hasMore").asBoolean()) {
        return all;
      }
      page = client.get(list + "&after=" + Client.encode(page.path("nextPage").asText())).ok();
    }
  }
}
