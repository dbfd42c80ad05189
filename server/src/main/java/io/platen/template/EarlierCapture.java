package io.platen.template;

/**
 * What a machine's disk was when it was captured before.
 *
 * @param index the name of the index of what it held
 * @param bytes its size
 * @param print what its files were; see {@link io.platen.disk.OpenDisk#print}
 */
public record EarlierCapture(String index, long bytes, String print) {}
