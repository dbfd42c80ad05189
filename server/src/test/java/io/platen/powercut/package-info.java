/**
 * The power is cut under a server, at any moment of its work, and what the disk holds then is
 * looked at.
 */
@NullMarked
package io.platen.powercut;

import org.jspecify.annotations.NullMarked;
