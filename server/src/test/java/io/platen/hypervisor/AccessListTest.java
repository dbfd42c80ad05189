package io.platen.hypervisor;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Set;
import org.junit.jupiter.api.Test;

/** What getfacl --numeric writes, and what follows for QEMU's user: 64055 in the group 107. */
class AccessListTest {
  private static boolean passes(String entries) {
    return AccessList.parse("# file: /d\n# owner: 0\n# group: 50\n" + entries + "\n")
        .maySearch("64055", Set.of("107", "108"));
  }

  @Test
  void withoutAListTheModeDecides() {
    assertThat(passes("user::rwx\ngroup::r-x\nother::r-x")).isTrue();
    assertThat(passes("user::rwx\ngroup::r-x\nother::---")).isFalse();
    assertThat(passes("user::rwx\ngroup::r-x\nother::rw-")).isFalse();
  }

  @Test
  void anEntryLetsItInUnlessItIsMasked() {
    assertThat(passes("user::rwx\nuser:64055:--x\ngroup::---\nmask::--x\nother::---")).isTrue();
    assertThat(
            passes("user::rwx\nuser:64055:--x\t#effective:---\ngroup::---\nmask::---\nother::---"))
        .isFalse();
    assertThat(passes("user::rwx\nuser:5:--x\ngroup::---\nmask::--x\nother::---")).isFalse();
  }

  @Test
  void anEntryKeepsItOutWhateverTheRestMay() {
    assertThat(passes("user::rwx\nuser:64055:---\ngroup::r-x\nmask::r-x\nother::r-x")).isFalse();
  }

  @Test
  void anyOfItsGroupsLetsItInAndOneOfThemKeepsItFromBeingAnother() {
    assertThat(passes("user::rwx\ngroup::---\ngroup:108:--x\nmask::--x\nother::---")).isTrue();
    assertThat(passes("user::rwx\ngroup::---\ngroup:107:---\ngroup:108:--x\nmask::--x\nother::---"))
        .isTrue();
    assertThat(passes("user::rwx\ngroup::---\ngroup:107:r--\nmask::r--\nother::r-x")).isFalse();
  }

  @Test
  void theOwnerAndTheOwningGroupHaveTheirOwnEntries() {
    String list = "# file: /d\n# owner: 64055\n# group: 107\nuser::rw-\ngroup::r-x\nother::r-x\n";
    assertThat(AccessList.parse(list).maySearch("64055", Set.of("107"))).isFalse();
    assertThat(AccessList.parse(list).maySearch("5", Set.of("107"))).isTrue();
  }
}
