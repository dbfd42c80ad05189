package io.platen.rest;

/**
 * An answer as it was sent.
 *
 * @param body JSON
 */
record KeptAnswer(int status, String body) {}
