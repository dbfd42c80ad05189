package io.platen.template;

import java.time.Instant;

/**
 * The templates and snapshots that are deleted and not purged yet.
 *
 * @param count how many, at least one
 * @param firstDeleted when the first of them was deleted, which is purged first
 * @param lastDeleted when the last of them was deleted
 */
public record WaitingTemplates(long count, Instant firstDeleted, Instant lastDeleted) {}
