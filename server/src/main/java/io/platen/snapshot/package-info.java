/** Snapshots: captures that belong to their machine, and restores of its disk. */
@NullMarked
package io.platen.snapshot;

import org.jspecify.annotations.NullMarked;
