package io.platen.support;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;

/** What a process has open: sockets, and everything else. */
public record OpenFiles(int sockets, int others) {
  public static OpenFiles of(long pid) throws IOException {
    int sockets = 0;
    int others = 0;
    try (var files = Files.list(Path.of("/proc", Long.toString(pid), "fd"))) {
      for (Path file : files.toList()) {
        try {
          if (Files.readSymbolicLink(file).toString().startsWith("socket:")) {
            sockets++;
          } else {
            others++;
          }
        } catch (NoSuchFileException e) {
          // Closed since: it does not count.
        }
      }
    }
    return new OpenFiles(sockets, others);
  }
}
