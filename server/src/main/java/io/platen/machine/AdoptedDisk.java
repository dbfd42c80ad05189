package io.platen.machine;

import io.platen.disk.DiskFormat;
import java.nio.file.Path;

/** A disk that was there before Platen: it stays where it is, and is only ever read. */
public record AdoptedDisk(Path path, DiskFormat format) {}
