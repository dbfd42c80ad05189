/**
 * Image files, and the QEMU tools that read them.
 *
 * <p>An image is hostile until {@link io.platen.disk.ImageHeader} has read its header: QEMU follows
 * what a header names (backing files, data files, extents), and a template must never contain a
 * file of the host. After that check the tools still get an explicit format and an explicit backing
 * chain, never a name to interpret, and run as limited child processes ({@link
 * io.platen.disk.ChildProcess}) that end with this one.
 *
 * <p>Sizes are in bytes; GB is 2^30 bytes.
 */
@NullMarked
package io.platen.disk;

import org.jspecify.annotations.NullMarked;
