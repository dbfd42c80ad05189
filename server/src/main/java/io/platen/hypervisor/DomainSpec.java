package io.platen.hypervisor;

import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * A domain for a machine that was launched here.
 *
 * @param name of the domain; its UUID and its network cards' addresses follow from it
 * @param title for people, in libvirt's tools
 * @param memory bytes
 * @param firmware {@code bios} or {@code uefi}
 * @param accelerated by KVM; emulated where not
 * @param disk the qcow2 overlay
 * @param base the raw base image below it
 * @param seed a NoCloud seed, read by cloud-init
 * @param readable whether QEMU's user may read the base image and the seed already: libvirt leaves
 *     their owner alone then, instead of giving them to that user, who could change them
 * @param console where what the guest writes to its serial console is kept
 * @param network the libvirt network of its first card
 * @param publicNetwork that of a second card, which gives the machine an address outside of its
 *     private network; null for none
 * @param mark whose it is
 */
public record DomainSpec(
    String name,
    String title,
    int cpus,
    long memory,
    String firmware,
    boolean accelerated,
    Path disk,
    Path base,
    @Nullable Path seed,
    boolean readable,
    Path console,
    String network,
    @Nullable String publicNetwork,
    Mark mark) {}
