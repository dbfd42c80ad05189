package io.platen.s3store;

import org.jspecify.annotations.Nullable;

/**
 * Tells an S3 server's answers from those of what stands before it, such as a proxy's page that is
 * 200 whatever was asked. Every server that is known gives ETags; one that never did may leave them
 * out, since no object depends on them. One that did is not believed without.
 *
 * <p>A server of Platen's reads {@code store.json} first, and believes no page to be one. So it
 * knows which kind of server it has before it stores anything.
 */
final class EntityTags {
  private volatile boolean given;
  private volatile boolean givenOfReads;

  /** Whether an answer to GET or HEAD is one about an object. */
  boolean acceptsRead(@Nullable String tag) {
    if (tag != null) {
      given = true;
      givenOfReads = true;
    }
    return !givenOfReads || tag != null;
  }

  /** Whether an answer to PUT says that the object is stored. */
  boolean acceptsPut(@Nullable String tag) {
    if (tag != null) {
      given = true;
    }
    return !given || tag != null;
  }

  /** Whether an answer had one. */
  boolean given() {
    return given;
  }
}
