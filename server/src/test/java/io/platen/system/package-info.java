/** Tests of the packaged application from outside: its processes, its HTTP interface, its files. */
@NullMarked
package io.platen.system;

import org.jspecify.annotations.NullMarked;
