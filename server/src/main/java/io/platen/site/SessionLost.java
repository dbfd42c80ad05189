package io.platen.site;

/**
 * The session of an image that was to be published is over, so that collections may have removed
 * some of its chunks since.
 */
public final class SessionLost extends IllegalStateException {
  private static final long serialVersionUID = 1L;

  SessionLost(String store, String node) {
    super(
        "while the image was stored, the node %s gave no sign of life for so long that collections of the store %s go on without it; try again"
            .formatted(node.isEmpty() ? "of this database" : node, store));
  }
}
