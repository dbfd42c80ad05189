package io.platen.machine;

import io.platen.config.DataDirectory;
import io.platen.linux.OwnerOnly;
import io.platen.model.Refusal;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.jspecify.annotations.Nullable;

/**
 * What guests wrote to their serial consoles, piece by piece. Libvirt's virtlogd writes it to a
 * file beside the machine's disk; when that is full (2 MiB, unless virtlogd.conf says otherwise),
 * virtlogd sets it aside and begins a new one.
 */
public final class MachineConsole {
  /** The most that one answer holds. */
  static final int MOST = 64 << 10;

  /** What somebody gets to see who names no place to begin. */
  static final int LAST = 16 << 10;

  /** The most bytes that UTF-8 has for one character. */
  private static final int LONGEST = 4;

  private final DataDirectory data;

  public MachineConsole(DataDirectory data) {
    this.data = data;
  }

  /**
   * A piece.
   *
   * @param offset where it begins, in bytes from the beginning of the file
   * @param next where the next piece begins
   */
  public record Piece(long offset, long next, String text) {}

  /**
   * Makes the file before virtlogd does, which would make it root's: what is there already it only
   * appends to.
   */
  static void prepare(Path file) throws IOException {
    if (Files.notExists(file, LinkOption.NOFOLLOW_LINKS)) {
      Files.createFile(file, OwnerOnly.FILE);
    }
  }

  /**
   * What was written from a place on, at most {@link #MOST} bytes of it.
   *
   * @param from null for the last lines; a place that is beyond the end is in a file that was set
   *     aside since, so the new one is given from its beginning
   * @throws Refusal UNSUPPORTED where there is no console, or it can't be read
   */
  public Piece read(Machine machine, @Nullable Long from) throws IOException {
    Path file = data.machineConsole(machine.id());
    try (var channel = FileChannel.open(file, StandardOpenOption.READ, LinkOption.NOFOLLOW_LINKS)) {
      return read(channel, from);
    } catch (NoSuchFileException e) {
      if (machine.disk().adopted() != null) {
        throw Refusal.unsupported(
            "%s was adopted: its console is not Platen's; on its host, virsh console shows it."
                .formatted(machine.id()));
      }
      return new Piece(0, 0, "");
    } catch (AccessDeniedException e) {
      throw Refusal.unsupported(
          "The console of %s can't be read: virtlogd has begun a new file, which is root's. Set a larger max_size in virtlogd.conf on its host, then restart the machine."
              .formatted(machine.id()));
    }
  }

  private static Piece read(FileChannel channel, @Nullable Long from) throws IOException {
    long size = channel.size();
    long start;
    if (from == null) {
      start = Math.max(0, size - LAST);
    } else {
      start = from > size ? 0 : from;
    }
    var buffer = ByteBuffer.allocate((int) Math.min(MOST, size - start));
    while (buffer.hasRemaining()) {
      if (channel.read(buffer, start + buffer.position()) < 0) {
        break; // It was set aside and cut short meanwhile.
      }
    }
    byte[] bytes = buffer.array();
    int begin = from == null && start > 0 ? afterFirstLine(bytes, buffer.position()) : 0;
    int end = wholeCharacters(bytes, buffer.position());
    return new Piece(
        start + begin,
        start + end,
        new String(bytes, begin, Math.max(0, end - begin), StandardCharsets.UTF_8));
  }

  /** Where the first whole line begins. */
  private static int afterFirstLine(byte[] bytes, int length) {
    for (int i = 0; i < length; i++) {
      if (bytes[i] == '\n') {
        return i + 1;
      }
    }
    return 0;
  }

  /** How many bytes hold whole characters: the last one may still be on its way. */
  static int wholeCharacters(byte[] bytes, int length) {
    for (int back = 1; back <= Math.min(LONGEST - 1, length); back++) {
      int b = bytes[length - back] & 0xff;
      if (b >= 0xc0) {
        int needed = b >= 0xf0 ? 4 : b >= 0xe0 ? 3 : 2;
        return needed > back ? length - back : length;
      }
      if (b < 0x80) {
        return length;
      }
    }
    return length;
  }
}
