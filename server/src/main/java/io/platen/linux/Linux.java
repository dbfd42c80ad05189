package io.platen.linux;

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
import java.util.Arrays;
import java.util.OptionalLong;

/**
 * The system calls that the JDK does not have: open(2) for a plain descriptor, lseek(2) for holes,
 * fcntl(2) for locks of the open file, fchmodat(2) for a file that is not opened, statx(2) for the
 * blocks that a file takes. Numbers from the kernel's uapi headers; they are the same on x86-64 and
 * arm64.
 */
public final class Linux {
  static final int ENOENT = 2;
  public static final int ENXIO = 6;
  public static final int EAGAIN = 11;
  public static final int EACCES = 13;
  public static final int EINVAL = 22;

  public static final int SEEK_DATA = 3;
  public static final int SEEK_HOLE = 4;

  private static final int O_RDONLY_NONBLOCK_CLOEXEC = 0x80000 | 0x800;
  private static final int F_OFD_GETLK = 36;
  private static final int F_OFD_SETLK = 37;
  private static final short F_RDLCK = 0;
  private static final short F_WRLCK = 1;
  private static final short F_UNLCK = 2;

  /** struct flock: l_type, l_whence, l_start, l_len, l_pid. */
  private static final StructLayout FLOCK =
      MemoryLayout.structLayout(
          ValueLayout.JAVA_SHORT,
          ValueLayout.JAVA_SHORT,
          MemoryLayout.paddingLayout(4),
          ValueLayout.JAVA_LONG,
          ValueLayout.JAVA_LONG,
          ValueLayout.JAVA_INT,
          MemoryLayout.paddingLayout(4));

  private static final long L_START = 8;
  private static final long L_LEN = 16;

  private static final Linker LINKER = Linker.nativeLinker();
  private static final StructLayout STATE = Linker.Option.captureStateLayout();
  private static final VarHandle ERRNO =
      STATE.varHandle(MemoryLayout.PathElement.groupElement("errno"));

  private static final MethodHandle OPEN =
      function(
          "open",
          FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.ADDRESS, ValueLayout.JAVA_INT),
          Linker.Option.firstVariadicArg(2));
  private static final MethodHandle CLOSE =
      function("close", FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.JAVA_INT));
  private static final MethodHandle LSEEK =
      function(
          "lseek",
          FunctionDescriptor.of(
              ValueLayout.JAVA_LONG,
              ValueLayout.JAVA_INT,
              ValueLayout.JAVA_LONG,
              ValueLayout.JAVA_INT));
  private static final MethodHandle FCNTL =
      function(
          "fcntl",
          FunctionDescriptor.of(
              ValueLayout.JAVA_INT,
              ValueLayout.JAVA_INT,
              ValueLayout.JAVA_INT,
              ValueLayout.ADDRESS),
          Linker.Option.firstVariadicArg(2));

  private static final MethodHandle UMASK =
      function("umask", FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.JAVA_INT));

  private static final int AT_FDCWD = -100;
  private static final int AT_SYMLINK_NOFOLLOW = 0x100;
  private static final MethodHandle FCHMODAT =
      function(
          "fchmodat",
          FunctionDescriptor.of(
              ValueLayout.JAVA_INT,
              ValueLayout.JAVA_INT,
              ValueLayout.ADDRESS,
              ValueLayout.JAVA_INT,
              ValueLayout.JAVA_INT));

  private static final int STATX_TYPE_AND_BLOCKS = 0x001 | 0x400;
  private static final int STATX_SIZE = 256;
  private static final long STX_MODE = 28;
  private static final long STX_BLOCKS = 48;

  /** The unit of stx_blocks, whatever the file system's own is. */
  private static final long BLOCK = 512;

  private static final int TYPE = 0170000; // S_IFMT, inode(7)
  private static final int REGULAR = 0100000;
  private static final MethodHandle STATX =
      function(
          "statx",
          FunctionDescriptor.of(
              ValueLayout.JAVA_INT,
              ValueLayout.JAVA_INT,
              ValueLayout.ADDRESS,
              ValueLayout.JAVA_INT,
              ValueLayout.JAVA_INT,
              ValueLayout.ADDRESS));

  private Linux() {}

  /** A call failed; the message names it and the number of the error. */
  public static final class CallFailed extends IOException {
    private static final long serialVersionUID = 1L;

    private final int errno;

    CallFailed(String call, int errno) {
      super(call + " failed, errno " + errno);
      this.errno = errno;
    }

    public int errno() {
      return errno;
    }
  }

  /** Opens a file for reading, without waiting for anything. */
  public static int open(String path) throws CallFailed {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment name = arena.allocateFrom(path);
      return (int)
          call(
              arena,
              "open",
              state -> (int) OPEN.invokeExact(state, name, O_RDONLY_NONBLOCK_CLOEXEC));
    }
  }

  public static void close(int descriptor) throws CallFailed {
    try (Arena arena = Arena.ofConfined()) {
      call(arena, "close", state -> (int) CLOSE.invokeExact(state, descriptor));
    }
  }

  /** Sets which mode bits the new files of this process do not get; it can't fail. */
  static void umask(int mask) throws CallFailed {
    try (Arena arena = Arena.ofConfined()) {
      call(arena, "umask", state -> (int) UMASK.invokeExact(state, mask));
    }
  }

  /** Sets the mode of what is at a path, without opening it; a link is refused. */
  static void chmod(String path, int mode) throws CallFailed {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment name = arena.allocateFrom(path);
      call(
          arena,
          "fchmodat",
          state -> (int) FCHMODAT.invokeExact(state, AT_FDCWD, name, mode, AT_SYMLINK_NOFOLLOW));
    }
  }

  /**
   * The bytes that a file takes on its file system, of which a sparse one takes fewer than it has.
   * Empty for what is no file, such as a block device.
   */
  public static OptionalLong allocated(String path) throws CallFailed {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment name = arena.allocateFrom(path);
      MemorySegment found = arena.allocate(STATX_SIZE, Long.BYTES);
      call(
          arena,
          "statx",
          state -> (int) STATX.invokeExact(state, AT_FDCWD, name, 0, STATX_TYPE_AND_BLOCKS, found));
      int mode = Short.toUnsignedInt(found.get(ValueLayout.JAVA_SHORT, STX_MODE));
      return (mode & TYPE) == REGULAR
          ? OptionalLong.of(found.get(ValueLayout.JAVA_LONG, STX_BLOCKS) * BLOCK)
          : OptionalLong.empty();
    }
  }

  /** Looks from an offset on for data or a hole; ENXIO where there is none. */
  public static long seek(int descriptor, long offset, int whence) throws CallFailed {
    try (Arena arena = Arena.ofConfined()) {
      return call(
          arena, "lseek", state -> (long) LSEEK.invokeExact(state, descriptor, offset, whence));
    }
  }

  /** Locks one byte of the open file, shared; EAGAIN where another process has it exclusively. */
  public static void lockShared(int descriptor, long at) throws CallFailed {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment lock = lock(arena, F_RDLCK, at);
      call(
          arena,
          "fcntl F_OFD_SETLK",
          state -> (int) FCNTL.invokeExact(state, descriptor, F_OFD_SETLK, lock));
    }
  }

  /** Whether another open file holds a lock, shared or not, on this byte. */
  public static boolean isLockedElsewhere(int descriptor, long at) throws CallFailed {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment lock = lock(arena, F_WRLCK, at);
      call(
          arena,
          "fcntl F_OFD_GETLK",
          state -> (int) FCNTL.invokeExact(state, descriptor, F_OFD_GETLK, lock));
      return lock.get(ValueLayout.JAVA_SHORT, 0) != F_UNLCK;
    }
  }

  private static MemorySegment lock(Arena arena, short type, long at) {
    MemorySegment lock = arena.allocate(FLOCK); // zeros: from the file's start, no process
    lock.set(ValueLayout.JAVA_SHORT, 0, type);
    lock.set(ValueLayout.JAVA_LONG, L_START, at);
    lock.set(ValueLayout.JAVA_LONG, L_LEN, 1);
    return lock;
  }

  /** A function of the C library that sets errno when it fails. */
  @SuppressWarnings("restricted")
  static MethodHandle function(String name, FunctionDescriptor type, Linker.Option... options) {
    Linker.Option[] all = Arrays.copyOf(options, options.length + 1);
    all[options.length] = Linker.Option.captureCallState("errno");
    return LINKER.downcallHandle(LINKER.defaultLookup().findOrThrow(name), type, all);
  }

  /** A call that answers -1 and sets errno when it fails. */
  interface Call {
    long with(MemorySegment state) throws Throwable;
  }

  static long call(Arena arena, String name, Call call) throws CallFailed {
    MemorySegment state = arena.allocate(STATE);
    long answer = invoke(call, state);
    if (answer < 0) {
      throw new CallFailed(name, (int) ERRNO.get(state, 0L));
    }
    return answer;
  }

  private static long invoke(Call call, MemorySegment state) {
    try {
      return call.with(state);
    } catch (RuntimeException | Error e) {
      throw e;
    } catch (Throwable e) {
      throw new IllegalStateException("a C function can't throw", e);
    }
  }
}
