package io.platen.machine;

import io.platen.config.DataDirectory;
import io.platen.hypervisor.Domains;
import io.platen.hypervisor.Hypervisor;
import io.platen.hypervisor.HypervisorException;
import io.platen.hypervisor.OwnDomains;
import io.platen.model.Ids;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * What this host has of machines, whatever the database says: one listing of a directory, and one
 * of libvirt's domains.
 *
 * @param directories the machines that have a directory
 * @param domains all of libvirt's; empty where it can't be asked
 * @param absence why it can't
 */
record MachinesHere(Set<String> directories, Optional<Domains> domains, String absence) {

  /**
   * Looks.
   *
   * @throws IOException where the directory can't be listed
   */
  static MachinesHere look(Hypervisor hypervisor, DataDirectory data)
      throws IOException, InterruptedException {
    var directories = directories(data);
    if (!hypervisor.isThere()) {
      return new MachinesHere(directories, Optional.empty(), hypervisor.absence());
    }
    try {
      return new MachinesHere(directories, Optional.of(hypervisor.domains()), "");
    } catch (HypervisorException e) {
      return new MachinesHere(directories, Optional.empty(), String.valueOf(e.getMessage()));
    }
  }

  static Set<String> directories(DataDirectory data) throws IOException {
    if (!Files.isDirectory(data.machines())) {
      return Set.of();
    }
    try (Stream<Path> files = Files.list(data.machines())) {
      return files
          .map(file -> String.valueOf(file.getFileName()))
          .filter(Ids::isMachine)
          .collect(Collectors.toSet());
    }
  }

  /** The machines that a domain has its name from. */
  Set<String> domainIds() {
    return domains.map(Domains::names).orElse(Set.of()).stream()
        .filter(name -> name.startsWith(OwnDomains.PREFIX))
        .map(name -> name.substring(OwnDomains.PREFIX.length()))
        .filter(Ids::isMachine)
        .collect(Collectors.toSet());
  }

  boolean hasDomain(String id) {
    return isActive(id).isPresent();
  }

  /** Whether the domain of a machine is active; empty where there is none, or none is known. */
  Optional<Boolean> isActive(String id) {
    return domains.flatMap(all -> all.isActive(OwnDomains.name(id)));
  }
}
