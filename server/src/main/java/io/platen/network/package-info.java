/** Private networks, and the public addresses of machines. */
@NullMarked
package io.platen.network;

import org.jspecify.annotations.NullMarked;
