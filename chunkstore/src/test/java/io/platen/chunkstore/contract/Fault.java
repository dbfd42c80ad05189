package io.platen.chunkstore.contract;

import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Function;

/** What goes wrong with a store. Called by several threads at once. */
@FunctionalInterface
public interface Fault {
  /**
   * Called before an operation; it may wait, or fail in its place.
   *
   * @param what the id of the chunk in hexadecimal, or the name of the index; empty where the
   *     operation has none
   */
  void before(Operation operation, String what) throws IOException;

  /** Called once an operation is done; it may fail, as where an answer is lost. */
  default void after(Operation operation, String what) throws IOException {}

  /** How many of the bytes of a chunk are read. */
  default int bytes(String chunk, int bytes) {
    return bytes;
  }

  /** Each of these operations takes longer by this time. */
  static Fault latency(Operation slow, Duration time) {
    return (operation, what) -> {
      if (operation == slow) {
        LockSupport.parkNanos(time.toNanos());
      }
    };
  }

  /**
   * One operation fails, each time, after it was done some times.
   *
   * @param failure makes what is thrown, of what the operation is about
   */
  static Fault error(Operation failing, int after, Function<String, IOException> failure) {
    AtomicInteger done = new AtomicInteger();
    return (operation, what) -> {
      if (operation == failing && done.incrementAndGet() > after) {
        throw failure.apply(what);
      }
    };
  }

  /** One operation is done each time, and its answer is lost. */
  static Fault lostAnswer(Operation failing, Function<String, IOException> failure) {
    return new Fault() {
      @Override
      public void before(Operation operation, String what) {}

      @Override
      public void after(Operation operation, String what) throws IOException {
        if (operation == failing) {
          throw failure.apply(what);
        }
      }
    };
  }

  /** Chunks are read only so far. */
  static Fault truncation(int bytes) {
    return new Fault() {
      @Override
      public void before(Operation operation, String what) {}

      @Override
      public int bytes(String chunk, int all) {
        return Math.min(bytes, all);
      }
    };
  }
}
