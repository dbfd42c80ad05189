@NullMarked
package io.platen;

import org.jspecify.annotations.NullMarked;
