package io.platen.machine;

import io.platen.process.ChildProcess;
import io.platen.process.Command;
import io.platen.process.Limits;
import io.platen.process.Program;
import io.platen.process.ToolFailed;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Lets the server's user read disks that belong to others, as those of libvirt's domains do: by
 * entries of access control lists. They let in no one else, and stay when libvirt gives a disk to
 * another owner. For root.
 *
 * @param user the name of the server's user
 * @param group the number of its group
 */
public record ReadAccess(String user, String group) {
  private static final Program SETPRIV =
      new Program("setpriv", "util-linux", "util-linux on every distribution");
  private static final Program SETFACL = new Program("setfacl", "acl", "acl on every distribution");

  /**
   * Whether it can read a file: the kernel is asked.
   *
   * @throws IOException where the file is not there
   */
  public boolean reads(Path file) throws IOException, InterruptedException {
    return may("-r", file.toRealPath());
  }

  /**
   * Lets it read a file, and pass through those of the directories above that are closed to it.
   *
   * @return the commands that do the same, for people
   * @throws IOException also where the file system has no access control lists
   */
  public List<String> give(Path file) throws IOException, InterruptedException {
    Path real = file.toRealPath();
    var given = new ArrayList<String>();
    for (var directory : above(real)) {
      if (!may("-x", directory)) {
        given.add(modify("x", directory));
      }
    }
    if (!may("-r", real)) {
      given.add(modify("r", real));
    }
    return given;
  }

  /** From the top down: what lies below a directory that is closed can't be asked about. */
  private static List<Path> above(Path file) {
    var directories = new ArrayList<Path>();
    for (@Nullable Path at = file.getParent(); at != null; at = at.getParent()) {
      directories.addFirst(at);
    }
    return directories;
  }

  private String modify(String right, Path path) throws IOException, InterruptedException {
    String entry = "u:%s:%s".formatted(user, right);
    run(SETFACL, "--modify", entry, "--", path.toString());
    return "setfacl -m %s %s".formatted(entry, path);
  }

  private boolean may(String test, Path path) throws IOException, InterruptedException {
    try {
      run(
          SETPRIV,
          "--reuid",
          user,
          "--regid",
          group,
          "--init-groups",
          "test",
          test,
          path.toString());
      return true;
    } catch (ToolFailed e) {
      return false;
    }
  }

  private static void run(Program program, String... arguments)
      throws IOException, InterruptedException {
    byte[] _ =
        ChildProcess.run(
            new Command(program, List.of(arguments), Limits.inspection(), 0), ChildProcess.BRIEF);
  }
}
