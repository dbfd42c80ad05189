@NullMarked
package io.platen.backup;

import org.jspecify.annotations.NullMarked;
