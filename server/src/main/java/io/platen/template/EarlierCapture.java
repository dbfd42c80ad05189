package io.platen.template;

import io.platen.disk.OpenDisk;

/**
 * What a machine's disk was when it was captured before.
 *
 * @param index the name of the index of what it held
 * @param bytes its size
 * @param print what its files were, as {@link OpenDisk#print}; or, of a machine that ran, {@link
 *     #CHECKPOINT} and the name of the checkpoint from which on it is noted what is written
 */
public record EarlierCapture(String index, long bytes, String print) {
  /** What the print of a machine that ran begins with; no other one does. */
  static final String CHECKPOINT = "checkpoint ";

  boolean isCheckpoint() {
    return print.startsWith(CHECKPOINT);
  }

  String checkpoint() {
    return print.substring(CHECKPOINT.length());
  }
}
