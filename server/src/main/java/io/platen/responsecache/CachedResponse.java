package io.platen.responsecache;

import jakarta.ws.rs.core.MediaType;

/**
 * An answer as it was sent.
 *
 * @param commits what {@link io.platen.database.Database#commits} said before it was made
 * @param body not to be changed
 */
@SuppressWarnings("ArrayRecordComponent") // Nobody compares them.
record CachedResponse(long commits, MediaType type, byte[] body) {}
