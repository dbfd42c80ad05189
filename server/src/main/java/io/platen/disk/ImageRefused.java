package io.platen.disk;

import java.nio.file.Path;

/** An image whose header is damaged, or asks for something Platen does not let an image ask for. */
public final class ImageRefused extends DiskException {
  private static final long serialVersionUID = 1L;

  public ImageRefused(Path image, DiskFormat format, String problem, String remedy) {
    super(image + " can't be used as a " + format + " disk, it " + problem, remedy, null);
  }
}
