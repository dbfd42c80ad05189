/** Private networks, and the public addresses there are none of. */
@NullMarked
package io.platen.network;

import org.jspecify.annotations.NullMarked;
