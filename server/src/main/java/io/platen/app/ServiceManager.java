package io.platen.app;

import io.platen.job.RegularWork;
import io.platen.linux.UnixDatagram;
import io.platen.liveness.Watchdog;
import java.io.IOException;
import java.time.Duration;
import java.util.Map;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * Tells systemd, where that started this process, that the server is ready, that it lives, and that
 * it ends (sd_notify(3)). It lives as long as no thread is missing that it can't do without: the
 * same question that {@code /health/live} answers. Without a sign of life systemd starts a new
 * process.
 */
final class ServiceManager implements AutoCloseable {
  private static final Logger LOG = Logger.getLogger(ServiceManager.class);

  /** Signs of life in the time after which systemd would miss one. */
  private static final int SIGNS = 4;

  private final @Nullable RegularWork signs;

  private ServiceManager(@Nullable RegularWork signs) {
    this.signs = signs;
  }

  /**
   * Says that the server is ready, and goes on to say that it lives until this is closed. Nothing
   * where no service manager asks for it.
   *
   * @param environment of this process
   * @throws IOException where the service manager does not take it
   */
  static ServiceManager ready(Map<String, String> environment, Watchdog watchdog)
      throws IOException {
    String socket = socket(environment);
    if (socket == null) {
      return new ServiceManager(null);
    }
    UnixDatagram.send(socket, "READY=1");
    var limit = limit(environment);
    if (limit == null) {
      return new ServiceManager(null);
    }
    // It is watched by systemd itself.
    var signs =
        new RegularWork(
            "signs of life",
            limit,
            new Watchdog(System::nanoTime),
            new SignOfLife(socket, watchdog)::give);
    signs.start(limit.dividedBy(SIGNS));
    return new ServiceManager(signs);
  }

  /** Says that the server ends: from now on no sign of life is missed. */
  static void stopping(Map<String, String> environment) {
    String socket = socket(environment);
    if (socket != null) {
      try {
        UnixDatagram.send(socket, "STOPPING=1");
      } catch (IOException e) {
        LOG.warnf("systemd does not hear that this server ends: %s", e.getMessage());
      }
    }
  }

  private static @Nullable String socket(Map<String, String> environment) {
    String socket = environment.get("NOTIFY_SOCKET");
    return socket == null || socket.isEmpty() ? null : socket;
  }

  /** How long systemd waits for a sign of life; null where it does not, or not of this process. */
  private static @Nullable Duration limit(Map<String, String> environment) throws IOException {
    String micros = environment.get("WATCHDOG_USEC");
    String of = environment.getOrDefault("WATCHDOG_PID", "");
    if (micros == null
        || !(of.isEmpty() || of.equals(Long.toString(ProcessHandle.current().pid())))) {
      return null;
    }
    try {
      return Duration.ofNanos(Math.multiplyExact(Long.parseLong(micros), 1000L));
    } catch (NumberFormatException | ArithmeticException e) {
      throw new IOException(
          "WATCHDOG_USEC is %s: it must be a number of microseconds, as systemd sets it"
              .formatted(micros),
          e);
    }
  }

  /** A sign of life, unless a thread is missing. */
  private static final class SignOfLife {
    private final String socket;
    private final Watchdog watchdog;
    private boolean wasMissed;

    SignOfLife(String socket, Watchdog watchdog) {
      this.socket = socket;
      this.watchdog = watchdog;
    }

    void give() throws IOException {
      var missing = watchdog.missing();
      if (missing.isEmpty()) {
        UnixDatagram.send(socket, "WATCHDOG=1");
      } else if (!wasMissed) {
        LOG.errorf(
            "threads have ended or are stuck: %s; systemd starts a new process",
            String.join(", ", missing));
      }
      wasMissed = !missing.isEmpty();
    }
  }

  @Override
  public void close() {
    if (signs != null) {
      signs.close();
    }
  }
}
