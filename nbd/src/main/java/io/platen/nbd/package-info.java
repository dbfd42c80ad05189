@NullMarked
package io.platen.nbd;

import org.jspecify.annotations.NullMarked;
