/** Regions and machine types. */
@NullMarked
package io.platen.catalog;

import org.jspecify.annotations.NullMarked;
