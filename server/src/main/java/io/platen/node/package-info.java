/** One host of an installation, and its data directory: who may use it, and how it is closed. */
@NullMarked
package io.platen.node;

import org.jspecify.annotations.NullMarked;
