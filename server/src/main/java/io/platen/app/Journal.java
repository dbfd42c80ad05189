package io.platen.app;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** The log that systemd keeps of what a service writes. */
final class Journal {
  private Journal() {}

  /**
   * Whether it takes what is written to a descriptor of this process. The variable alone does not
   * say so: it is handed down to processes whose output goes elsewhere.
   *
   * @param descriptor its number
   */
  static boolean takes(String descriptor) throws IOException {
    String stream = System.getenv("JOURNAL_STREAM");
    if (stream == null) {
      return false;
    }
    // DEVICE:INODE there, socket:[INODE] here.
    String inode = stream.substring(stream.indexOf(':') + 1);
    Path open = Files.readSymbolicLink(Path.of("/proc/self/fd", descriptor));
    return open.toString().equals("socket:[" + inode + "]");
  }
}
