package io.platen.hypervisor;

import io.platen.linux.HostUser;
import io.platen.process.ChildProcess;
import io.platen.process.Command;
import io.platen.process.Limits;
import io.platen.process.Program;
import io.platen.process.ToolFailed;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import org.w3c.dom.Document;
import org.w3c.dom.Element;

/**
 * The user that QEMU runs as, where it is not the one of this process. It is let in by entries of
 * access control lists, which let in no one else: not the rest of the host, and not the people in
 * QEMU's group.
 *
 * @param user its number, or a name that a domain's definition gives
 * @param group likewise
 */
public record QemuUser(String user, String group) {
  public static final Program SETFACL = new Program("setfacl", "acl", "acl on every distribution");

  private static final Pattern LABEL = Pattern.compile("\\+?([^:+]+):\\+?([^:+]+)");

  /** As libvirt writes it in its security model "dac": {@code +64055:+107}, {@code qemu:qemu}. */
  static Optional<QemuUser> parse(String label) throws IOException {
    var parts = LABEL.matcher(label.strip());
    return parts.matches()
        ? Optional.of(new QemuUser(parts.group(1), parts.group(2))).filter(qemu -> !qemu.isOurs())
        : Optional.empty();
  }

  private boolean isOurs() {
    return user.equals(Long.toString(HostUser.ownId()));
  }

  /**
   * The user of a host's QEMU, from libvirt's capabilities; empty where libvirt does not switch
   * users, as for {@code qemu:///session}.
   */
  static Optional<QemuUser> ofCapabilities(Document capabilities) throws IOException {
    var models = capabilities.getElementsByTagName("secmodel");
    for (int i = 0; i < models.getLength(); i++) {
      var model = (Element) models.item(i);
      var names = model.getElementsByTagName("model");
      var labels = model.getElementsByTagName("baselabel");
      if (names.item(0).getTextContent().equals("dac") && labels.getLength() > 0) {
        return parse(labels.item(0).getTextContent());
      }
    }
    return Optional.empty();
  }

  /** Lets it pass through directories, without seeing what is in them. */
  public void letThrough(Path... directories) throws IOException, InterruptedException {
    modify("u:" + user + ":x", directories);
  }

  /** Lets it read files; that is not enough to change them. */
  public void letRead(Path... files) throws IOException, InterruptedException {
    modify("u:" + user + ":r", files);
  }

  /**
   * Lets it make files and sockets in a directory, that it and this process can use, and no one
   * else.
   */
  public void letMakeFilesIn(Path directory) throws IOException, InterruptedException {
    String ours = "d:u:" + HostUser.ownId() + ":rwx";
    modify("u:" + user + ":rwx,d:u::rwx,d:g::-,d:o::-," + ours, directory);
  }

  /**
   * Keeps a file readable and writable to this process, whomever libvirt gives it to while a domain
   * runs, and leaves it to afterwards: entries outlast a change of the owner. Only its owner can do
   * this, so one that is not ours any more got it earlier.
   */
  public void keepOurs(Path file) throws IOException, InterruptedException {
    if (!HostUser.isRoot() && Files.getOwner(file).equals(HostUser.own())) {
      modify("u:" + HostUser.ownId() + ":rw", file);
    }
  }

  private static void modify(String entries, Path... paths)
      throws IOException, InterruptedException {
    var arguments = new ArrayList<>(List.of("--modify", entries, "--"));
    for (var path : paths) {
      arguments.add(path.toString());
    }
    try {
      ChildProcess.run(new Command(SETFACL, arguments, Limits.inspection(), 0), ChildProcess.BRIEF);
    } catch (ToolFailed e) {
      throw explained(e, paths[0]);
    }
  }

  private static IOException explained(ToolFailed failure, Path path) {
    return failure.stderr().contains("not supported")
        ? new HypervisorException(
            "the file system of %s has no access control lists, so QEMU's user can't be let in without letting in everybody: move the data directory to ext4, XFS or btrfs, or switch them on (ZFS: zfs set acltype=posix)"
                .formatted(path),
            failure)
        : failure;
  }
}
