/** Template to disk: what a launch does, without HTTP or SQL. */
@NullMarked
package io.platen.launch;

import org.jspecify.annotations.NullMarked;
