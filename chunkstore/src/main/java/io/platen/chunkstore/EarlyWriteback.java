package io.platen.chunkstore;

import java.io.Closeable;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.nio.file.Path;

/**
 * Lets the disk begin with what was written to a large file while the rest is still being made:
 * sync_file_range(2). It only saves time, so that little is left for the fsync at the end, which
 * alone makes anything durable and reports errors. Without it the kernel starts after five seconds
 * or at a tenth of the memory.
 */
final class EarlyWriteback implements Closeable {
  /** From fcntl.h, the same on all architectures of 64-bit Linux that Java runs on. */
  private static final int O_RDONLY_CLOEXEC = 0x80000;

  private static final int SYNC_FILE_RANGE_WRITE = 2;

  private static final boolean LINUX = System.getProperty("os.name").equals("Linux");
  private static final int NONE = -1;

  private final int descriptor;

  private EarlyWriteback(int descriptor) {
    this.descriptor = descriptor;
  }

  /** For a file that exists. Where that is not to be had, it does nothing. */
  static EarlyWriteback of(Path file) {
    if (!LINUX) {
      return new EarlyWriteback(NONE);
    }
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment path = arena.allocateFrom(file.toString());
      return new EarlyWriteback((int) Calls.OPEN.invokeExact(path, O_RDONLY_CLOEXEC));
    } catch (RuntimeException | Error e) {
      throw e;
    } catch (Throwable e) {
      throw new IllegalStateException("a C function can't throw", e);
    }
  }

  /** Begins to write a part of the file to the disk. A failure shows at the fsync. */
  void begin(long offset, long length) {
    if (descriptor == NONE) {
      return;
    }
    try {
      int _ = (int) Calls.SYNC_RANGE.invokeExact(descriptor, offset, length, SYNC_FILE_RANGE_WRITE);
    } catch (RuntimeException | Error e) {
      throw e;
    } catch (Throwable e) {
      throw new IllegalStateException("a C function can't throw", e);
    }
  }

  @Override
  public void close() throws IOException {
    if (descriptor == NONE) {
      return;
    }
    try {
      if ((int) Calls.CLOSE.invokeExact(descriptor) < 0) {
        throw new IOException("closing a file failed");
      }
    } catch (IOException | RuntimeException | Error e) {
      throw e;
    } catch (Throwable e) {
      throw new IllegalStateException("a C function can't throw", e);
    }
  }

  /** The C functions; apart, so that they are looked up only where they are used. */
  private static final class Calls {
    private static final Linker LINKER = Linker.nativeLinker();

    static final MethodHandle OPEN =
        function(
            "open",
            FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.ADDRESS, ValueLayout.JAVA_INT),
            Linker.Option.firstVariadicArg(2));
    static final MethodHandle SYNC_RANGE =
        function(
            "sync_file_range",
            FunctionDescriptor.of(
                ValueLayout.JAVA_INT,
                ValueLayout.JAVA_INT,
                ValueLayout.JAVA_LONG,
                ValueLayout.JAVA_LONG,
                ValueLayout.JAVA_INT));
    static final MethodHandle CLOSE =
        function("close", FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.JAVA_INT));

    @SuppressWarnings("restricted")
    private static MethodHandle function(
        String name, FunctionDescriptor type, Linker.Option... options) {
      return LINKER.downcallHandle(LINKER.defaultLookup().findOrThrow(name), type, options);
    }
  }
}
