package io.platen.site;

import static org.assertj.core.api.Assertions.assertThat;

import io.platen.config.DirectoryStore;
import io.platen.config.StoresConfig;
import io.platen.node.NodeRow;
import io.platen.node.NodeSize;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

final class AgreedStoresTest {
  private static final Duration NOW = Duration.ofSeconds(1);

  private static StoresConfig stores(Map<String, String> regions) {
    return new StoresConfig(
        Map.of(),
        Map.of(
            "main", new DirectoryStore("main", Path.of("/main")),
            "west", new DirectoryStore("west", Path.of("/west"))),
        regions);
  }

  private static NodeRow node(
      String name, String region, String store, @Nullable Duration silence) {
    var size = new NodeSize(1, 1, 1);
    return new NodeRow(
        name, "h", "/d", region, store, "1", 1, "", "", 1, silence, false, false, true, size, size,
        1, 0);
  }

  private static List<String> objections(NodeRow... nodes) {
    return AgreedStores.objections(
        stores(Map.of("ny2", "main", "ams1", "west")), "n1", List.of(nodes));
  }

  @Test
  void nodesOfOneMindAreNotNamed() {
    assertThat(objections(node("n2", "ny2", "main", NOW), node("n3", "ams1", "west", NOW)))
        .isEmpty();
  }

  @Test
  void whoUsesAnotherStoreOrOneOfARegionWithoutIsNamed() {
    assertThat(objections(node("n2", "ams1", "main", NOW)))
        .containsExactly(
            "the node n2 in ams1 uses the store main, and this configuration has west there");
    assertThat(objections(node("n2", "ca1", "main", NOW)))
        .containsExactly(
            "the node n2 in ca1 uses the store main, and this configuration has none there");
  }

  @Test
  void whatANodeIsOrWasIsNoOpinion() {
    assertThat(objections(node("n1", "ams1", "main", NOW))).isEmpty();
    assertThat(objections(node("n2", "ams1", "main", Duration.ofDays(1)))).isEmpty();
    assertThat(objections(node("n2", "ams1", "main", null))).isEmpty();
    assertThat(
            AgreedStores.objections(StoresConfig.NONE, "n1", List.of(node("n2", "ny2", "n2", NOW))))
        .isEmpty();
  }
}
