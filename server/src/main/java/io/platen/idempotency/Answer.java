package io.platen.idempotency;

/**
 * An answer as it was sent.
 *
 * @param body JSON
 */
record Answer(int status, String body) {}
