package io.platen.site;

import io.platen.config.StoresConfig;
import io.platen.node.NodeRow;
import java.util.List;
import java.util.Optional;

/**
 * Whether nodes of one database agree on the store of each region. Nothing works across two
 * opinions: what one distributes is not where the other looks for it.
 */
public final class AgreedStores {
  private AgreedStores() {}

  /**
   * Where other nodes that work use another store than a configuration says, in words.
   *
   * @param own of this node
   * @param node the name of this node
   */
  public static List<String> objections(StoresConfig own, String node, List<NodeRow> nodes) {
    return own.isEmpty()
        ? List.of()
        : nodes.stream()
            .filter(each -> each.isAlive() && !each.name().equals(node))
            .map(each -> objection(own, each))
            .flatMap(Optional::stream)
            .toList();
  }

  private static Optional<String> objection(StoresConfig own, NodeRow node) {
    var store = own.of(node.region());
    if (store.equals(Optional.of(node.store())) || (store.isEmpty() && node.region().isEmpty())) {
      return Optional.empty();
    }
    return Optional.of(
        "the node %s in %s uses the store %s, and this configuration has %s there"
            .formatted(
                node.name(),
                node.region().isEmpty() ? "every region" : node.region(),
                node.store(),
                store.orElse("none")));
  }
}
