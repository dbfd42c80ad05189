/**
 * The upkeep of the store: chunks that nothing needs are removed, those that are needed are read
 * now and then, and what each template takes is counted. The process that holds the lock of the
 * data directory does it; others ask it through the database.
 */
@NullMarked
package io.platen.upkeep;

import org.jspecify.annotations.NullMarked;
