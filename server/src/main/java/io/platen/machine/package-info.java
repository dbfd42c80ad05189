/** Machines and their disks. */
@NullMarked
package io.platen.machine;

import org.jspecify.annotations.NullMarked;
