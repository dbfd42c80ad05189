package io.platen.chunkstore;

import java.io.IOException;
import java.nio.file.Path;

/** Another process, or another part of this one, has the store open for writing. */
public final class StoreInUse extends IOException {
  private static final long serialVersionUID = 1L;

  StoreInUse(Path store) {
    super(
        "the store %1$s is open in another process, and one at a time may write to it. Stop that process; \"fuser -v %1$s/.tmp/lock\" names it"
            .formatted(store));
  }
}
