/** Which store the templates of a region are in. */
@NullMarked
package io.platen.site;

import org.jspecify.annotations.NullMarked;
