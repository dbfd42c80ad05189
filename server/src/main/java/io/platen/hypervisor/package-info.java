/**
 * Machines that run, under libvirt: domains, backups of running disks, guests' agents. Knows
 * nothing of HTTP, SQL or templates.
 */
@NullMarked
package io.platen.hypervisor;

import org.jspecify.annotations.NullMarked;
