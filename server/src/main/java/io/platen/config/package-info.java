/** Configuration and the data directory. */
@NullMarked
package io.platen.config;

import org.jspecify.annotations.NullMarked;
