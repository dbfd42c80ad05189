package io.platen.disk;

import com.github.luben.zstd.ZstdInputStreamNoFinalizer;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.zip.Inflater;
import java.util.zip.InflaterInputStream;

/**
 * The end of a qcow2 file with compressed clusters. A cluster's entry has its length in sectors, so
 * it does not say whether the file ends with the cluster, or within it. Decompressing does.
 */
final class CompressedEnd {
  private static final int SECTOR = 512;

  private final ImageFile file;
  private final int clusterSize;
  private final boolean zstd;

  /** Clusters do not overlap: one begins before the last sector, the others are within it. */
  private long left;

  CompressedEnd(ImageFile file, int clusterSize, boolean zstd) {
    this.file = file;
    this.clusterSize = clusterSize;
    this.zstd = zstd;
    this.left = 2L * clusterSize + SECTOR * SECTOR;
  }

  /** Refuses an image whose file ends before the compressed cluster at the offset does. */
  void check(long offset, long disk) throws IOException {
    file.checkData(offset, 1, disk);
    left -= file.length() - offset;
    if (left < 0) {
      throw file.damaged("its compressed clusters overlap");
    }
    byte[] compressed =
        file.readBytes(offset, (int) (file.length() - offset), "compressed cluster");
    if (!isWhole(compressed)) {
      throw file.truncatedData(offset, compressed.length + 1L, disk);
    }
  }

  private boolean isWhole(byte[] compressed) {
    Inflater inflater = new Inflater(true);
    try (InputStream bytes = new ByteArrayInputStream(compressed);
        InputStream plain =
            zstd
                ? new ZstdInputStreamNoFinalizer(bytes)
                : new InflaterInputStream(bytes, inflater)) {
      return plain.readNBytes(clusterSize).length == clusterSize;
    } catch (IOException e) {
      return false; // cut off, or no such stream: it can't be read either way
    } finally {
      inflater.end();
    }
  }
}
