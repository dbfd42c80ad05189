@NullMarked
package io.platen.site;

import org.jspecify.annotations.NullMarked;
