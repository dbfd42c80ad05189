package io.platen.linux;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.nio.charset.StandardCharsets;

/**
 * Sends a datagram to a unix socket, which the JDK can't: it has streams only. Numbers from the
 * kernel's uapi headers; they are the same on x86-64 and arm64.
 */
public final class UnixDatagram {
  private static final short AF_UNIX = 1;
  private static final int SOCK_DGRAM_CLOEXEC = 2 | 0x80000;

  /** What the other end does not take at once is lost: nobody here waits for it. */
  private static final int MSG_DONTWAIT_NOSIGNAL = 0x40 | 0x4000;

  /** struct sockaddr_un: sun_family, sun_path. */
  private static final int PATH_AT = 2;

  private static final int PATH_LENGTH = 108;

  private static final MethodHandle SOCKET =
      Linux.function(
          "socket",
          FunctionDescriptor.of(
              ValueLayout.JAVA_INT,
              ValueLayout.JAVA_INT,
              ValueLayout.JAVA_INT,
              ValueLayout.JAVA_INT));
  private static final MethodHandle SENDTO =
      Linux.function(
          "sendto",
          FunctionDescriptor.of(
              ValueLayout.JAVA_LONG,
              ValueLayout.JAVA_INT,
              ValueLayout.ADDRESS,
              ValueLayout.JAVA_LONG,
              ValueLayout.JAVA_INT,
              ValueLayout.ADDRESS,
              ValueLayout.JAVA_INT));

  private UnixDatagram() {}

  /**
   * Sends one, without waiting.
   *
   * @param address a path, or {@code @} and a name that is no file's
   * @throws IOException where nobody takes it, or the address is too long
   */
  public static void send(String address, String text) throws IOException {
    byte[] path = address.getBytes(StandardCharsets.UTF_8);
    if (path.length >= PATH_LENGTH) {
      throw new IOException(
          "the socket %s has a name of more than %d bytes".formatted(address, PATH_LENGTH - 1));
    }
    if (address.startsWith("@")) {
      path[0] = 0;
    }
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment to = arena.allocate(PATH_AT + PATH_LENGTH, Short.BYTES);
      to.set(ValueLayout.JAVA_SHORT, 0, AF_UNIX);
      MemorySegment.copy(path, 0, to, ValueLayout.JAVA_BYTE, PATH_AT, path.length);
      int socket =
          (int)
              Linux.call(
                  arena,
                  "socket",
                  state -> (int) SOCKET.invokeExact(state, (int) AF_UNIX, SOCK_DGRAM_CLOEXEC, 0));
      try {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        MemorySegment message = arena.allocateFrom(ValueLayout.JAVA_BYTE, bytes);
        long _ =
            Linux.call(
                arena,
                "sendto " + address,
                state ->
                    (long)
                        SENDTO.invokeExact(
                            state,
                            socket,
                            message,
                            (long) bytes.length,
                            MSG_DONTWAIT_NOSIGNAL,
                            to,
                            PATH_AT + path.length));
      } finally {
        Linux.close(socket);
      }
    }
  }
}
