package io.platen.template;

import io.platen.disk.OpenDisk;
import org.jspecify.annotations.Nullable;

/**
 * What a machine's disk was when it was captured before.
 *
 * @param index the name of the index of what it held
 * @param bytes its size
 * @param print what its files were, as {@link OpenDisk#print}; null where that is not known
 * @param bitmap the name of the dirty bitmap that notes what is written since; null for none
 */
public record EarlierCapture(
    String index, long bytes, @Nullable String print, @Nullable String bitmap) {}
