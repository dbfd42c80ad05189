package io.platen.chunkstore;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.VarHandle;
import java.nio.file.Path;
import java.util.Arrays;

/** What the JDK has no call for: functions of Linux' C library, looked up when first used. */
final class CLibrary {
  /** From errno.h and fcntl.h, the same on all architectures of 64-bit Linux that Java runs on. */
  private static final int ENOSPC = 28;

  private static final int EDQUOT = 122;
  private static final int O_RDONLY_CLOEXEC = 0x80000;
  private static final int POSIX_FADV_DONTNEED = 4;

  private static final Linker LINKER = Linker.nativeLinker();
  private static final StructLayout STATE = Linker.Option.captureStateLayout();
  private static final VarHandle ERRNO =
      STATE.varHandle(MemoryLayout.PathElement.groupElement("errno"));
  private static final FunctionDescriptor ON_DESCRIPTOR =
      FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.JAVA_INT);

  private static final MethodHandle OPEN =
      function(
          "open",
          FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.ADDRESS, ValueLayout.JAVA_INT),
          Linker.Option.firstVariadicArg(2));
  private static final MethodHandle SYNCFS = function("syncfs", ON_DESCRIPTOR);
  private static final MethodHandle CLOSE = function("close", ON_DESCRIPTOR);
  private static final MethodHandle FADVISE =
      function(
          "posix_fadvise",
          FunctionDescriptor.of(
              ValueLayout.JAVA_INT,
              ValueLayout.JAVA_INT,
              ValueLayout.JAVA_LONG,
              ValueLayout.JAVA_LONG,
              ValueLayout.JAVA_INT));

  private CLibrary() {}

  @SuppressWarnings("restricted")
  private static MethodHandle function(
      String name, FunctionDescriptor type, Linker.Option... options) {
    Linker.Option[] all = Arrays.copyOf(options, options.length + 1);
    all[options.length] = Linker.Option.captureCallState("errno");
    return LINKER.downcallHandle(LINKER.defaultLookup().findOrThrow(name), type, all);
  }

  /** Opens a file or directory for reading; the caller closes the descriptor. */
  static int open(Path path) throws IOException {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment name = arena.allocateFrom(path.toString());
      return check(path, "open", state -> (int) OPEN.invokeExact(state, name, O_RDONLY_CLOEXEC));
    }
  }

  /** Writes back the file system of an open file. */
  static void syncfs(Path path, int descriptor) throws IOException {
    check(path, "syncfs", state -> (int) SYNCFS.invokeExact(state, descriptor));
  }

  /**
   * Tells the kernel that the pages of an open file are not needed in memory. Only an advice: pages
   * that are dirty stay.
   */
  static void forget(Path path, int descriptor) throws IOException {
    check(
        path,
        "posix_fadvise",
        // It answers the error itself.
        state -> -(int) FADVISE.invokeExact(state, descriptor, 0L, 0L, POSIX_FADV_DONTNEED));
  }

  static void close(Path path, int descriptor) throws IOException {
    check(path, "close", state -> (int) CLOSE.invokeExact(state, descriptor));
  }

  /** A call that answers less than 0, and sets errno, when it fails. */
  private interface Call {
    int with(MemorySegment state) throws Throwable;
  }

  private static int check(Path path, String name, Call call) throws IOException {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment state = arena.allocate(STATE);
      int answer = invoke(call, state);
      if (answer < 0) {
        int errno = (int) ERRNO.get(state, 0L);
        IOException failure = new IOException(path + ": " + name + " failed, errno " + errno);
        throw errno == ENOSPC || errno == EDQUOT ? new StoreFull(path, failure) : failure;
      }
      return answer;
    }
  }

  private static int invoke(Call call, MemorySegment state) {
    try {
      return call.with(state);
    } catch (RuntimeException | Error e) {
      throw e;
    } catch (Throwable e) {
      throw new IllegalStateException("a C function can't throw", e);
    }
  }
}
