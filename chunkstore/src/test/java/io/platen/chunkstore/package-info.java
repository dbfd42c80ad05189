@NullMarked
package io.platen.chunkstore;

import org.jspecify.annotations.NullMarked;
