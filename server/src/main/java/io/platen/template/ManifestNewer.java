package io.platen.template;

import java.io.IOException;

/**
 * A manifest has a format that only a newer version of Platen knows. It is not damaged, and what it
 * says may matter: it is neither replaced nor removed.
 */
final class ManifestNewer extends IOException {
  private static final long serialVersionUID = 1L;

  ManifestNewer(String place, int format, int known) {
    super(
        "%s has the format %d, and this version of Platen knows %d. Run the newer version; or, where that will never be used here again, move this file to another directory"
            .formatted(place, format, known));
  }
}
