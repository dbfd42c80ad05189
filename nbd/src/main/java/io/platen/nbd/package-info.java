/**
 * A client for the NBD protocol over unix sockets: reads an export and asks which of its ranges are
 * holes and at which depth of a backing chain its data lies.
 *
 * <p>Source of the format: "The NBD protocol", doc/proto.md of the NetworkBlockDevice project, and
 * docs/interop/nbd.txt of QEMU for {@code qemu:allocation-depth}. A server is not trusted: whatever
 * it sends is bounded before memory is taken for it, and every range it names is checked.
 *
 * <p>{@link io.platen.nbd.NbdConnection} is the way in. Everything that parses works on a {@link
 * io.platen.nbd.Wire}, so it runs without a socket as well.
 */
@NullMarked
package io.platen.nbd;

import org.jspecify.annotations.NullMarked;
