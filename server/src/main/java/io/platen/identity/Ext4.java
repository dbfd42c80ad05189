package io.platen.identity;

import io.platen.process.Limits;
import io.platen.process.Program;
import io.platen.process.TimedWork;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * An ext2, ext3 or ext4 file system, read and changed by e2fsprogs without mounting it: the host's
 * kernel never sees what a guest made, and the programs see it in a {@link Sandbox}.
 *
 * <p>No name that the guest chose becomes part of a command of debugfs: the caller names files that
 * it knows.
 */
final class Ext4 {
  private static final String OTHERS = "e2fsprogs everywhere";
  static final Program DEBUGFS = new Program("debugfs", "e2fsprogs", OTHERS);
  static final Program E2FSCK = new Program("e2fsck", "e2fsprogs", OTHERS);
  private static final int OUTPUT = 1 << 20;

  /** Where the magic number stands, and what it is (linux/fs/ext4/ext4.h). */
  private static final int MAGIC_OFFSET = 1024 + 56;

  private static final int MAGIC = 0xEF53;

  /** A character for each byte, whatever the guest's encoding is. */
  static final Charset BYTES = StandardCharsets.ISO_8859_1;

  /** {@code ls -p} of debugfs: /inode/mode/uid/gid/name/size/. */
  private static final Pattern ENTRY = Pattern.compile("/(\\d+)/(\\d+)/\\d+/\\d+/([^/]+)/(\\d*)/");

  private final Sandbox sandbox;
  private final TimedWork work;
  private final long size;
  private final List<String> commands = new ArrayList<>();
  private int written;

  /**
   * The file system in a file.
   *
   * @param sandbox where the programs find it
   * @param work that their runs are a part of
   */
  Ext4(Path file, Sandbox sandbox, TimedWork work) throws IOException {
    this.sandbox = sandbox;
    this.work = work;
    size = Files.size(file);
  }

  /** An entry of a directory. */
  record Entry(String name, boolean isRegular) {}

  /** Whether there is one at all. */
  static boolean isAt(Path file) throws IOException {
    try (var channel = Files.newByteChannel(file)) {
      var magic = ByteBuffer.allocate(2).order(ByteOrder.LITTLE_ENDIAN);
      channel.position(MAGIC_OFFSET).read(magic);
      return magic.position() == 2 && (magic.getShort(0) & 0xFFFF) == MAGIC;
    }
  }

  /** Replays the journal, and mends what can be mended without a question. */
  void recover() throws IOException, InterruptedException {
    int status =
        work.exitStatus(
            sandbox.command(E2FSCK, List.of("-p", Sandbox.DISK), Limits.changing(size), OUTPUT));
    // 1: errors were corrected; 2: and a mounted one would need a reboot.
    if (status > 2) {
      throw new IOException("its file system has errors that e2fsck does not mend by itself");
    }
  }

  private String ask(String question) throws IOException, InterruptedException {
    var command =
        sandbox.command(
            DEBUGFS, List.of("-R", question, Sandbox.DISK), Limits.inspection(), OUTPUT);
    return new String(work.run(command), BYTES);
  }

  /** The entries of a directory; none where there is no such directory. */
  List<Entry> entries(String directory) throws IOException, InterruptedException {
    return ENTRY
        .matcher(ask("ls -p " + directory))
        .results()
        .filter(entry -> !entry.group(1).equals("0"))
        .map(entry -> new Entry(entry.group(3), entry.group(2).startsWith("100")))
        .toList();
  }

  /**
   * The text of a regular file, in {@link #BYTES}; empty where it is missing, or something else.
   */
  Optional<String> text(String directory, String name) throws IOException, InterruptedException {
    boolean regular =
        entries(directory).stream()
            .anyMatch(entry -> entry.isRegular() && entry.name().equals(name));
    return regular ? Optional.of(ask("cat " + directory + "/" + name)) : Optional.empty();
  }

  /** Will replace a file, or make it. */
  void write(String directory, String name, byte[] content, String mode) throws IOException {
    String source = sandbox.add("file" + written++, content);
    commands.add("cd " + directory);
    commands.add("rm " + name);
    commands.add("write %s %s".formatted(source, name));
    commands.add("sif %s mode 0100%s".formatted(name, mode));
  }

  /** Will remove a file. */
  void remove(String directory, String name) {
    commands.add("rm " + directory + "/" + name);
  }

  /** Makes the changes. */
  void apply() throws IOException, InterruptedException {
    String script =
        sandbox.add("commands", String.join("\n", commands).getBytes(StandardCharsets.UTF_8));
    byte[] _ =
        work.run(
            sandbox.command(
                DEBUGFS, List.of("-w", "-f", script, Sandbox.DISK), Limits.changing(size), OUTPUT));
    commands.clear();
  }
}
