/**
 * Tells an address of the operator's that something is wrong: an outbox in the database, and what
 * delivers from it, signed, at least once.
 */
@NullMarked
package io.platen.notice;

import org.jspecify.annotations.NullMarked;
