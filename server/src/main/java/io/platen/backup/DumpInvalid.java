package io.platen.backup;

import java.io.IOException;
import java.io.Serial;

/** A file is no dump, or only part of one, or was changed. */
public final class DumpInvalid extends IOException {
  @Serial private static final long serialVersionUID = 1L;

  DumpInvalid(String place, String why) {
    super("%s can't be used: %s".formatted(place, why));
  }

  DumpInvalid(String place, String why, Throwable cause) {
    super("%s can't be used: %s".formatted(place, why), cause);
  }
}
