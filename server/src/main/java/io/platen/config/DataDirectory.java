package io.platen.config;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;

/** Where everything is kept; the layout is described in docs/architecture.md. */
public record DataDirectory(Path root) {
  public DataDirectory {
    root = root.toAbsolutePath().normalize();
  }

  /** Makes the directories that are missing. */
  public void create() throws IOException {
    Files.createDirectories(root);
    for (var directory : new Path[] {indexes(), cache(), machines()}) {
      Files.createDirectories(directory);
    }
    if (!Files.isDirectory(run())) {
      // Sockets to disks: for this user only.
      Files.createDirectory(
          run(),
          PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
    }
  }

  public Path database() {
    return root.resolve("platen.db");
  }

  public Path store() {
    return root.resolve("store.castr");
  }

  public Path indexes() {
    return root.resolve("index");
  }

  /** The index of a template's disk. */
  public Path index(String templateId) {
    return indexes().resolve(templateId + ".caibx");
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

  /** The disk of a machine that was launched here. */
  public Path machineDisk(String machineId) {
    return machine(machineId).resolve("disk.qcow2");
  }

  /** What libvirt is told about a machine that was launched here. */
  public Path machineDomain(String machineId) {
    return machine(machineId).resolve("domain.xml");
  }

  /** What a machine's guest wrote to its serial console. */
  public Path machineConsole(String machineId) {
    return machine(machineId).resolve("console.log");
  }

  /**
   * What QEMU makes for the captures of running machines. It runs as a user of its own, which can't
   * list this directory, and writes to those with names that nobody can guess in it.
   */
  public Path backups() {
    return root.resolve("backup");
  }

  public Path run() {
    return root.resolve("run");
  }

  /** Locked by the process that runs the jobs of this directory. */
  public Path lock() {
    return root.resolve("platen.lock");
  }
}
