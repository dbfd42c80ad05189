package io.platen.paging;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.Base64;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.StringLength;

final class CursorsTest {
  private final Cursors cursors = new Cursors("a secret".getBytes(StandardCharsets.UTF_8));

  @Property
  void whatWasWrittenIsRead(
      @ForAll long version, @ForAll @StringLength(max = 255) String key, @ForAll String id) {
    var position = new Position(version, key, id);
    assertThat(cursors.read(cursors.write(position, "list", "team"), "list", "team"))
        .contains(position);
  }

  @Property
  void aCursorOfAnotherListTeamOrSecretIsNotTaken(@ForAll @StringLength(max = 255) String key) {
    var cursor = cursors.write(new Position(1, key, "t1"), "list", "team");
    assertThat(cursors.read(cursor, "list asc", "team")).isEmpty();
    assertThat(cursors.read(cursor, "list", "team2")).isEmpty();
    var others = new Cursors("another".getBytes(StandardCharsets.UTF_8));
    assertThat(others.read(cursor, "list", "team")).isEmpty();
  }

  @Property
  void aCursorWithOneBitChangedIsNotTaken(@ForAll int bit, @ForAll("key") String key) {
    var decoded =
        Base64.getUrlDecoder().decode(cursors.write(new Position(1, key, "t1"), "list", "team"));
    int at = Math.floorMod(bit, decoded.length * 8);
    decoded[at / 8] ^= (byte) (1 << (at % 8));
    var changed = Base64.getUrlEncoder().withoutPadding().encodeToString(decoded);
    assertThat(cursors.read(changed, "list", "team")).isEmpty();
  }

  @net.jqwik.api.Provide
  net.jqwik.api.Arbitrary<String> key() {
    return net.jqwik.api.Arbitraries.strings().ofMaxLength(40);
  }

  @Property
  void anythingElseIsNotTaken(@ForAll String text) {
    assertThat(cursors.read(text, "list", "team")).isEmpty();
  }
}
