/** Whether a new process would help: threads that are gone or stuck, memory that has run out. */
@NullMarked
package io.platen.liveness;

import org.jspecify.annotations.NullMarked;
