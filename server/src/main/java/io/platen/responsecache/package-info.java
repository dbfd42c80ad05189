/** Answers given again while nothing was committed. */
@NullMarked
package io.platen.responsecache;

import org.jspecify.annotations.NullMarked;
