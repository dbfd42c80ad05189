package io.platen.machine;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A machine that is here and that the database does not know, or records as deleted.
 *
 * @param hasDirectory whether it has a directory in the data directory
 * @param active whether its domain is active; null where there is none, or libvirt can't be asked
 * @param absence why libvirt can't be asked; empty where it can
 * @param deleted whether the database records it as deleted
 * @param hasDisk whether its disk is there
 * @param file what it is; null where its file is missing or no good
 * @param missing what it lacks, in words
 */
public record LostMachine(
    String id,
    boolean hasDirectory,
    @Nullable Boolean active,
    String absence,
    boolean deleted,
    boolean hasDisk,
    @Nullable MachineFile file,
    List<String> missing) {
  public LostMachine {
    missing = List.copyOf(missing);
  }

  /** Its name; empty where that is not known. */
  public String name() {
    return file == null ? "" : file.name();
  }

  /** The name of its team; empty where that is not known. */
  public String team() {
    return file == null ? "" : file.team().name();
  }
}
