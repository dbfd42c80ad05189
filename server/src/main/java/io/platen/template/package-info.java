/** Custom templates and OS templates. */
@NullMarked
package io.platen.template;

import org.jspecify.annotations.NullMarked;
