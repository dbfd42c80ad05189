package io.platen.chunkstore.contract;

/** What is asked of a store, for a {@link Fault} to choose from. */
public enum Operation {
  READ,
  HAS,
  CLAIM,
  PUT,
  SYNC,
  INDEX_BEGIN,
  INDEX_PUBLISH,
  INDEX_OPEN,
  INDEX_HAS,
  INDEX_LIST,
  INDEX_REMOVE
}
