package io.platen.hypervisor;

import io.platen.process.ChildProcess;
import io.platen.process.Command;
import io.platen.process.DeadMansSwitch;
import io.platen.process.Limits;
import io.platen.process.Program;
import io.platen.process.ToolFailed;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Whether QEMU's user gets through to a directory: it needs the right to search each one on the
 * way. In the data directory Platen gives it; further up they are the operator's.
 */
public final class Passage {
  public static final Program GETFACL = new Program("getfacl", "acl", "acl on every distribution");
  private static final Program ID =
      new Program("id", "coreutils", "coreutils on every distribution");

  /** What a shell takes as it is. */
  private static final Pattern PLAIN = Pattern.compile("[A-Za-z0-9/._+-]+");

  private static final int OUTPUT = 1 << 20;

  private Passage() {}

  /** The directories on the way to a path that it can't pass through. */
  public static List<Path> obstacles(QemuUser user, Path path)
      throws IOException, InterruptedException {
    var groups = groups(user);
    var obstacles = new ArrayList<Path>();
    for (@Nullable Path at = path.getParent(); at != null; at = at.getParent()) {
      // Those that are missing are made by Platen.
      if (Files.isDirectory(at) && !list(at).maySearch(user.user(), groups)) {
        obstacles.addFirst(at);
      }
    }
    return obstacles;
  }

  /** The command that lets it pass, and no other user. */
  public static String remedy(QemuUser user, List<Path> obstacles)
      throws IOException, InterruptedException {
    var words =
        names(obstacles).stream()
            .map(path -> PLAIN.matcher(path).matches() ? path : DeadMansSwitch.quote(path))
            .toList();
    return "setfacl -m u:%s:x %s".formatted(name(user), String.join(" ", words));
  }

  /** Of directories, for people. */
  public static List<String> names(List<Path> directories) {
    return directories.stream().map(Path::toString).toList();
  }

  private static String name(QemuUser user) throws IOException, InterruptedException {
    try {
      return run(ID, "-nu", user.user()).strip();
    } catch (ToolFailed e) {
      return user.user(); // it has none
    }
  }

  private static Set<String> groups(QemuUser user) throws IOException, InterruptedException {
    var groups = new HashSet<>(Set.of(user.group()));
    try {
      groups.addAll(List.of(run(ID, "-G", user.user()).strip().split("\\s+")));
    } catch (ToolFailed e) {
      return groups; // a user that the host does not know has no others
    }
    return groups;
  }

  private static AccessList list(Path directory) throws IOException, InterruptedException {
    return AccessList.parse(
        run(GETFACL, "--absolute-names", "--numeric", "--", directory.toString()));
  }

  private static String run(Program program, String... arguments)
      throws IOException, InterruptedException {
    var command = new Command(program, List.of(arguments), Limits.inspection(), OUTPUT);
    return new String(ChildProcess.run(command, ChildProcess.BRIEF), StandardCharsets.UTF_8);
  }
}
