/** A server under random work and random failures, and what must hold whatever happens. */
@NullMarked
package io.platen.chaos;

import org.jspecify.annotations.NullMarked;
