package io.platen.backup;

import java.io.IOException;
import java.io.InputStream;

/**
 * A dump that can be read, several times.
 *
 * @param place where it is, for messages
 */
record DumpFile(String place, Opening opening) {
  /** Opens it at its beginning. */
  @FunctionalInterface
  interface Opening {
    InputStream open() throws IOException;
  }

  /**
   * Reads all of it.
   *
   * @throws DumpInvalid where it is not whole
   */
  DumpSummary read(DumpReader.Visitor visitor) throws IOException {
    try (var in = opening.open()) {
      return DumpReader.read(place, in, visitor);
    }
  }
}
