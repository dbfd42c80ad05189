package io.platen.support;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import org.awaitility.Awaitility;

/**
 * A {@code virsh} ahead of the real one in PATH, that can be made to hang, or fail, at one command:
 * so that something happens to a server at a moment that is known.
 */
@SuppressWarnings("InlineFormatString") // It is a script, and reads as one.
public final class HeldVirsh {
  private static final String SCRIPT =
      """
      #!/bin/sh
      if [ -e "$0.hold" ] && [ "$4" = "$(cat "$0.hold")" ]; then
        mv "$0.hold" "$0.held"
        exec sleep 120
      fi
      if [ -e "$0.late" ] && [ "$4" = "$(cat "$0.late")" ]; then
        answer=$(%1$s "$@")
        mv "$0.late" "$0.held"
        while [ -e "$0.held" ]; do sleep 0.02; done
        echo "$answer"
        exit 0
      fi
      if [ -e "$0.fail" ] && [ "$4" = "$(cat "$0.fail")" ]; then
        rm "$0.fail"
        echo "error: failed on purpose" >&2
        exit 1
      fi
      if [ -e "$0.lost" ] && [ "$4" = "$(cat "$0.lost")" ]; then
        rm "$0.lost"
        echo "error: Disconnected from $3 due to end of file" >&2
        echo "error: failed to get domain '$5'" >&2
        exit 1
      fi
      exec %1$s "$@"
      """;

  private final Path script;

  private HeldVirsh(Path script) {
    this.script = script;
  }

  public static HeldVirsh in(Path parent) throws IOException, InterruptedException {
    Path directory = Files.createTempDirectory(parent, "bin");
    String real = Program.succeed("sh", "-c", "command -v virsh").strip();
    Path script = Files.writeString(directory.resolve("virsh"), SCRIPT.formatted(real));
    Files.setPosixFilePermissions(script, PosixFilePermissions.fromString("rwxr-xr-x"));
    return new HeldVirsh(script);
  }

  public String path() {
    return script.getParent() + ":" + System.getenv("PATH");
  }

  /** The next run of this command hangs. */
  public void hold(String command) throws IOException {
    Files.writeString(script.resolveSibling("virsh.hold"), command);
  }

  /** The next run of this command gives its answer when it is released. */
  public void holdAnswer(String command) throws IOException {
    Files.writeString(script.resolveSibling("virsh.late"), command);
  }

  /** The next run of this command fails. */
  public void fail(String command) throws IOException {
    Files.writeString(script.resolveSibling("virsh.fail"), command);
  }

  /** At the next run of this command the connection breaks before libvirt finds the domain. */
  public void loseConnection(String command) throws IOException {
    Files.writeString(script.resolveSibling("virsh.lost"), command);
  }

  public void awaitHeld() {
    Awaitility.await("virsh to be asked")
        .atMost(Duration.ofSeconds(60))
        .pollInterval(Duration.ofMillis(20))
        .until(() -> Files.exists(script.resolveSibling("virsh.held")));
  }

  public void release() throws IOException {
    Files.deleteIfExists(script.resolveSibling("virsh.held"));
  }
}
