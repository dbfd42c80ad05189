/** The command line. */
@NullMarked
package io.platen.cli;

import org.jspecify.annotations.NullMarked;
