package io.platen.support;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.platform.engine.TestExecutionResult;
import org.junit.platform.engine.TestSource;
import org.junit.platform.engine.support.descriptor.ClassSource;
import org.junit.platform.engine.support.descriptor.MethodSource;
import org.junit.platform.launcher.TestExecutionListener;
import org.junit.platform.launcher.TestIdentifier;

/**
 * Writes what failed, why, and what the servers said last to a file that {@code ./platen test}
 * shows at its end. JUnit finds this class through {@code META-INF/services}.
 */
public final class FailureReport implements TestExecutionListener {
  private static final Path FILE = Path.of("target", "failures.txt");

  /** What is shown of a failure: enough to see its cause, and few enough for several failures. */
  private static final int MESSAGE_LINES = 12;

  private static final int FRAMES = 5;

  @Override
  public void executionStarted(TestIdentifier test) {
    if (test.isTest()) {
      LastLines.forgetAll();
    }
  }

  @Override
  public void executionFinished(TestIdentifier test, TestExecutionResult result) {
    if (result.getStatus() != TestExecutionResult.Status.FAILED) {
      return;
    }
    var lines = new ArrayList<String>();
    lines.add("FAILED " + name(test));
    result.getThrowable().ifPresent(failure -> lines.addAll(reason(failure)));
    for (var server : LastLines.all()) {
      lines.add("  the log of " + server.name() + " ended with");
      server.lines().forEach(line -> lines.add("    " + line));
    }
    try {
      // In one write: tests run in several processes.
      Files.writeString(
          FILE,
          String.join("\n", lines) + "\n",
          StandardOpenOption.CREATE,
          StandardOpenOption.APPEND);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static String name(TestIdentifier test) {
    TestSource source = test.getSource().orElse(null);
    return switch (source) {
      case MethodSource method -> method.getClassName() + "." + method.getMethodName();
      case ClassSource type -> type.getClassName();
      case null, default -> test.getDisplayName();
    };
  }

  private static List<String> reason(Throwable failure) {
    return Stream.concat(
            failure.toString().lines().limit(MESSAGE_LINES),
            Arrays.stream(failure.getStackTrace())
                .filter(frame -> frame.getClassName().startsWith("io.platen."))
                .limit(FRAMES)
                .map(frame -> "at " + frame))
        .map(line -> "  " + line)
        .toList();
  }
}
