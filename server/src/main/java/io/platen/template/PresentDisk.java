package io.platen.template;

import io.platen.disk.Disk;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What a machine's disk is at this moment. */
sealed interface PresentDisk {
  /**
   * The name of the index that what the machine did not change is copied from; null where there is
   * none.
   */
  @Nullable String parent();

  /** What the disk of a machine that was launched here stands on; null where that is not known. */
  @Nullable WholeBase base();

  /**
   * A base image, which does not say itself how long it has to be.
   *
   * @param bytes its length as long as it is whole
   */
  record WholeBase(Path file, long bytes) {}

  /**
   * Nothing runs on the disk, so that it can be opened.
   *
   * @param target its name in the machine's domain; null where it has no domain, or is not in use
   *     by it
   */
  record Still(
      Disk disk, @Nullable String target, @Nullable String parent, @Nullable WholeBase base)
      implements PresentDisk {}

  /**
   * A domain runs on the disk.
   *
   * @param domain its name or UUID
   * @param target the disk's name in the domain
   * @param overlay the overlay and its base image that are the disk of a machine that was launched
   *     here; empty for other machines
   */
  record Live(
      String domain,
      String target,
      List<Path> overlay,
      @Nullable String parent,
      @Nullable WholeBase base)
      implements PresentDisk {}
}
