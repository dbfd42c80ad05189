package io.platen.chunkstore;

import java.io.IOException;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.nio.file.FileSystemException;

/**
 * Error numbers of the system, from errno.h, the same on all architectures of 64-bit Linux that
 * Java runs on.
 *
 * <p>The JDK gives an error only as its text, which depends on the language of the process. So the
 * C library is asked for the text of each number: it is the one that the JDK gets, too.
 */
enum Errno {
  /** The medium does not give the bytes back. */
  EIO(5),
  /** The file system is full. */
  ENOSPC(28),
  /** The quota of the user is used up. */
  EDQUOT(122);

  /** Longer than any text of the C library. */
  private static final int TEXT_BYTES = 256;

  private final int number;

  Errno(int number) {
    this.number = number;
  }

  boolean is(int errno) {
    return number == errno;
  }

  /** Whether this is why an operation of the JDK on a file failed. */
  boolean isCauseOf(IOException e) {
    String said = e instanceof FileSystemException file ? file.getReason() : e.getMessage();
    return said != null && said.equals(text());
  }

  /** What the C library calls it. */
  @SuppressWarnings("restricted")
  String text() {
    try {
      MemorySegment text = (MemorySegment) Calls.STRERROR.invokeExact(number);
      return text.reinterpret(TEXT_BYTES).getString(0);
    } catch (RuntimeException | Error e) {
      throw e;
    } catch (Throwable e) {
      throw new IllegalStateException("a C function can't throw", e);
    }
  }

  /** The C function; apart, so that it is looked up only where something failed. */
  @SuppressWarnings("restricted")
  private static final class Calls {
    private static final Linker LINKER = Linker.nativeLinker();

    static final MethodHandle STRERROR =
        LINKER.downcallHandle(
            LINKER.defaultLookup().findOrThrow("strerror"),
            FunctionDescriptor.of(ValueLayout.ADDRESS, ValueLayout.JAVA_INT));
  }
}
