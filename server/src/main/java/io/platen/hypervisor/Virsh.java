package io.platen.hypervisor;

import io.platen.process.ChildProcess;
import io.platen.process.Command;
import io.platen.process.Limits;
import io.platen.process.Program;
import io.platen.process.ToolFailed;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * Asks libvirt, by one short run of {@code virsh} for each question. What hangs in libvirt or in a
 * guest's agent so holds a child process, which has a time limit, and never a thread of ours in
 * native code.
 */
public final class Virsh {
  public static final Program PROGRAM =
      new Program(
          "virsh", "libvirt-clients", "Fedora and RHEL: libvirt-client; Arch and Alpine: libvirt");

  /** The description of all devices of a large domain takes some 100 KiB. */
  private static final int OUTPUT_LIMIT = 16 << 20;

  private static final Pattern NOT_FOUND = Pattern.compile("failed to get domain '(.*?)'(?:;|$)");
  private static final Pattern LISTED = Pattern.compile("\\s*(\\S+)\\s+(.+?)\\s*");

  private static final Limits LIMITS = new Limits(4L << 30, Duration.ofMinutes(1), 0);

  private final String uri;
  private final Duration answer;

  /**
   * With a libvirt.
   *
   * @param answer how long it may take to answer a question
   */
  Virsh(String uri, Duration answer) {
    this.uri = uri;
    this.answer = answer;
  }

  String uri() {
    return uri;
  }

  /** The whole command, for those who run it by other means. */
  List<String> commandLine(String... arguments) throws IOException {
    var line = new ArrayList<String>();
    line.add(PROGRAM.find().toString());
    line.addAll(arguments(arguments));
    return line;
  }

  private List<String> arguments(String... arguments) {
    var all = new ArrayList<>(List.of("--quiet", "--connect", uri));
    all.addAll(List.of(arguments));
    return all;
  }

  /** How long a command of this kind may take. */
  Duration limit(Patience patience) {
    return patience.limit(answer);
  }

  /** As below, with the limit that the configuration has for such a command. */
  String run(Patience patience, String... arguments) throws IOException, InterruptedException {
    return run(limit(patience), arguments);
  }

  /**
   * Runs one command of virsh's and returns what it wrote.
   *
   * @throws DomainMissing where it is about a domain that is not there
   * @throws HypervisorException where libvirt does not answer, or refuses
   */
  String run(Duration limit, String... arguments) throws IOException, InterruptedException {
    var command = new Command(PROGRAM, arguments(arguments), LIMITS, OUTPUT_LIMIT);
    try {
      return new String(ChildProcess.run(command, limit), StandardCharsets.UTF_8);
    } catch (ToolFailed e) {
      String said = messages(e.stderr());
      var notFound = NOT_FOUND.matcher(said);
      throw notFound.find() ? notFound(notFound.group(1), e) : explained(e, said, arguments);
    }
  }

  /**
   * Virsh says the same of a domain that is not there and of a connection that broke before the
   * answer, as when libvirt is started anew. So it is asked once more, for all domains.
   */
  private HypervisorException notFound(String domain, ToolFailed failure)
      throws IOException, InterruptedException {
    boolean isThere =
        run(Patience.QUESTION, "list", "--all", "--uuid", "--name")
            .lines()
            .map(LISTED::matcher)
            .anyMatch(
                listed ->
                    listed.matches()
                        && (listed.group(1).equals(domain) || listed.group(2).equals(domain)));
    return isThere
        ? new HypervisorException(
            "libvirt broke off when it was asked for the domain %s; try again".formatted(domain),
            failure)
        : new DomainMissing(domain, failure);
  }

  private HypervisorException explained(ToolFailed failure, String said, String... arguments) {
    if (said.contains("Domain not found")) {
      return new DomainMissing(arguments.length > 1 ? arguments[1] : "", failure);
    }
    if (said.contains("failed to connect to the hypervisor")) {
      return new HypervisorException(
          "libvirt does not answer at %s (%s)".formatted(uri, said), failure);
    }
    return said.isEmpty()
        ? new HypervisorException("virsh " + arguments[0] + ": " + failure.getMessage(), failure)
        : new HypervisorException("libvirt refused %s: %s".formatted(arguments[0], said), failure);
  }

  private static String messages(String stderr) {
    return stderr
        .lines()
        .map(String::strip)
        .filter(line -> !line.isEmpty())
        .map(line -> line.startsWith("error: ") ? line.substring("error: ".length()) : line)
        .collect(Collectors.joining("; "));
  }
}
