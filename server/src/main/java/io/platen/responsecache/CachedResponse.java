package io.platen.responsecache;

import io.vertx.core.buffer.Buffer;

/**
 * An answer as it was sent.
 *
 * @param commits what {@link io.platen.database.Database#commits} said before it was made
 * @param route the endpoint, for the access log and the metrics
 * @param body not to be changed
 */
record CachedResponse(long commits, String route, String contentType, Buffer body) {}
