/** The collection of a shared store, as a model. */
@NullMarked
package io.platen.collectionmodel;

import org.jspecify.annotations.NullMarked;
