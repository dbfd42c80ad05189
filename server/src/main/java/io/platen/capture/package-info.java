/** Disk to template: what a capture does, without HTTP or SQL. */
@NullMarked
package io.platen.capture;

import org.jspecify.annotations.NullMarked;
