/** Whether the threads still work that the server can't do without. */
@NullMarked
package io.platen.liveness;

import org.jspecify.annotations.NullMarked;
