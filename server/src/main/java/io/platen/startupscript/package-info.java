/** Scripts that machines run when they boot. */
@NullMarked
package io.platen.startupscript;

import org.jspecify.annotations.NullMarked;
