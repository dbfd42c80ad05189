package io.platen.s3store;

import static org.assertj.core.api.Assertions.assertThat;

import io.platen.chunkstore.ChunkId;
import org.junit.jupiter.api.Test;

final class KeysTest {
  private static final ChunkId ID = new ChunkId(0x0123_4567_89ab_cdefL, 2, 3, 4);

  @Test
  void chunksAreWhereCasyncLooksForThem() {
    assertThat(Keys.chunk(ID, 0)).isEqualTo("store.castr/0123/" + ID.hex() + ".cacnk");
    assertThat(Keys.chunk(ID, 3)).isEqualTo("store.3.castr/0123/" + ID.hex() + ".cacnk");
  }

  @Test
  void aKeyIsThatOfItsChunkAndEpoch() {
    for (int epoch : new int[] {0, 1, 12, 999_999_999}) {
      assertThat(Keys.chunk(Keys.chunk(ID, epoch))).isEqualTo(new Keys.Chunk(ID, epoch));
      assertThat(Keys.epoch(Keys.store(epoch))).hasValue(epoch);
    }
  }

  @Test
  void otherKeysAreNoChunks() {
    for (String key :
        new String[] {
          "store.json",
          "store.castr/" + ID.hex() + ".cacnk",
          "store.castr/4567/" + ID.hex() + ".cacnk",
          "store.0.castr/0123/" + ID.hex() + ".cacnk",
          "store.castr/0123/" + ID.hex() + ".cacnk.tmp",
          "other/store.castr/0123/" + ID.hex() + ".cacnk"
        }) {
      assertThat(Keys.chunk(key)).as(key).isNull();
    }
    assertThat(Keys.epoch("store.json/")).isEmpty();
    assertThat(Keys.epoch("store.01.castr/")).isEmpty();
  }

  @Test
  void whatASessionMadeIsNamedByItsKey() {
    String key = Keys.attempt(Keys.INDEXES, "tabc.2", 17, Keys.INDEX_SUFFIX);
    assertThat(key).isEqualTo("index/tabc.2.17.caibx");
    assertThat(Keys.attempt(Keys.INDEXES, key, Keys.INDEX_SUFFIX))
        .isEqualTo(new Ledger.Attempt("tabc.2", 17));
    for (String other :
        new String[] {
          "index/tabc.caibx", "index/tabc.017.caibx", "index/tabc.17.json", "manifest/tabc.17.caibx"
        }) {
      assertThat(Keys.attempt(Keys.INDEXES, other, Keys.INDEX_SUFFIX)).as(other).isNull();
    }
  }
}
