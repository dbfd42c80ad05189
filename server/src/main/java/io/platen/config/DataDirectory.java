package io.platen.config;

import io.platen.linux.HostUser;
import io.platen.linux.OwnerOnly;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/** Where everything is kept; the layout is described in docs/architecture.md. */
public record DataDirectory(Path root) {
  public DataDirectory {
    root = root.toAbsolutePath().normalize();
  }

  /**
   * Makes the directories that are missing, for this user alone.
   *
   * @throws IOException also where the directory is used by another user: what this process would
   *     make there, that user's server could not read
   */
  public void create() throws IOException {
    requireOwn();
    if (OwnerOnly.createDirectory(root)) {
      OwnerOnly.createFile(closedMark());
    }
    for (var directory : List.of(indexes(), manifests(), cache(), machines(), run())) {
      var _ = OwnerOnly.createDirectory(directory);
    }
  }

  /**
   * Looks whether the directory is this user's, where it is there.
   *
   * @throws IOException where it is another's; the message names the user
   */
  public void requireOwn() throws IOException {
    for (var used : List.of(root, lock(), database())) {
      // The directory itself may be anybody's who lets this user in.
      boolean isOpen = used.equals(root) && Files.isWritable(root) && Files.isExecutable(root);
      if (!isOpen && Files.exists(used) && !Files.getOwner(used).equals(HostUser.own())) {
        throw new IOException(
            "the data directory %1$s is that of the user %2$s: run this as %2$s, for example with \"sudo -u %2$s\""
                .formatted(root, Files.getOwner(used).getName()));
      }
    }
  }

  /**
   * Makes what of a directory is a store's, for this user alone, where the directory is for a store
   * and nothing else.
   */
  public void createStore() throws IOException {
    for (var directory : List.of(root, indexes(), manifests())) {
      var _ = OwnerOnly.createDirectory(directory);
    }
  }

  /** What is at the top of the directory and Platen's. */
  public List<Path> top() throws IOException {
    try (var entries = Files.list(root)) {
      return entries.filter(this::isOurs).toList();
    }
  }

  /** Also what SQLite makes beside its file, and a database that was moved aside. */
  private boolean isOurs(Path entry) {
    String name = entry.getFileName().toString();
    return List.of(store(), indexes(), manifests(), dumps(), cache(), machines(), backups(), run())
            .contains(entry)
        || Stream.of(
                closedMark(), lock(), waiting(), database(), self(), storeFile(), installation())
            .map(file -> file.getFileName().toString())
            .anyMatch(
                own ->
                    name.equals(own)
                        || name.startsWith(own + "-")
                        || name.startsWith(own + ".")
                        || name.startsWith("." + own + "."));
  }

  /** The directories that QEMU's user passes through. */
  public List<Path> letsQemuIn() {
    return List.of(cache(), machines(), backups());
  }

  /** Whether nothing is in it that is not Platen's. */
  public boolean holdsNothingElse() throws IOException {
    try (var entries = Files.list(root)) {
      return entries.allMatch(this::isOurs);
    }
  }

  public Path database() {
    return root.resolve("platen.db");
  }

  /** The store that a {@code site.Site} is made of; nothing else looks into it. */
  public Path store() {
    return root.resolve("store.castr");
  }

  /** The indexes beside that store; nothing else looks into them. */
  public Path indexes() {
    return root.resolve("index");
  }

  /** What the store says of each of those indexes; nothing else looks into them. */
  public Path manifests() {
    return root.resolve("manifest");
  }

  /** What the store says of itself; nothing else looks into it. */
  private Path storeFile() {
    return root.resolve("store.json");
  }

  /** The dumps of the database beside that store; nothing else looks into them. */
  public Path dumps() {
    return root.resolve("metadata");
  }

  public Path cache() {
    return root.resolve("cache");
  }

  /** The base image built from the index with this SHA-256, in hexadecimal. */
  public Path baseImage(String indexDigest) {
    return cache().resolve(indexDigest + ".raw");
  }

  public Path machines() {
    return root.resolve("machines");
  }

  public Path machine(String machineId) {
    return machines().resolve(machineId);
  }

  /** What it takes to take a machine on again that the database does not know. */
  public Path machineFile(String machineId) {
    return machine(machineId).resolve("machine.json");
  }

  /** The disk of a machine that was launched here. */
  public Path machineDisk(String machineId) {
    return machine(machineId).resolve("disk.qcow2");
  }

  /** The disk that a restore makes for a machine, before it takes the place of the other. */
  public Path machineRestoredDisk(String machineId) {
    return machine(machineId).resolve("disk.restored.qcow2");
  }

  /** The disk that a machine had before a restore, until the restored one has run. */
  public Path machineFormerDisk(String machineId) {
    return machine(machineId).resolve("disk.former.qcow2");
  }

  /** There once a machine's launch is done: its disk is the machine's own from then on. */
  public Path machineLaunched(String machineId) {
    return machine(machineId).resolve("launched");
  }

  /** There once a machine was taken on again that was deleted: which deletions no longer count. */
  public Path machineUndeleted(String machineId) {
    return machine(machineId).resolve("undeleted");
  }

  /** The libvirt domain (XML) of a machine that was launched here. */
  public Path machineDomain(String machineId) {
    return machine(machineId).resolve("domain.xml");
  }

  /** What a machine's guest wrote to its serial console. */
  public Path machineConsole(String machineId) {
    return machine(machineId).resolve("console.log");
  }

  /**
   * What QEMU makes for the captures of running machines, in a directory for each that QEMU's user
   * may write to.
   */
  public Path backups() {
    return root.resolve("backup");
  }

  public Path run() {
    return root.resolve("run");
  }

  /** A copy of the installation's id. */
  public Path installation() {
    return root.resolve("installation");
  }

  /** What the directory knows of itself: see {@code node.DirectoryFile}. */
  public Path self() {
    return root.resolve("directory.json");
  }

  /** Locked by a server that waits for its turn. */
  public Path waiting() {
    return root.resolve("platen.waiting");
  }

  /** There once everything in this directory is closed to other users. */
  public Path closedMark() {
    return root.resolve(".closed");
  }

  /** Locked by the process that runs the jobs of this directory. */
  public Path lock() {
    return root.resolve("platen.lock");
  }
}
