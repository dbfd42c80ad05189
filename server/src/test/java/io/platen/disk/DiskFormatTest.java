package io.platen.disk;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

class DiskFormatTest {
  @Test
  void eachLabelIsParsedInAnyCase() {
    for (DiskFormat format : DiskFormat.values()) {
      assertThat(DiskFormat.parse(format.label())).isEqualTo(format);
      assertThat(DiskFormat.parse(" " + format.name() + " ")).isEqualTo(format);
    }
  }

  @Test
  void anUnknownNameIsAnsweredWithTheValidOnes() {
    assertThatThrownBy(() -> DiskFormat.parse("qcow"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("\"qcow\"")
        .hasMessageContaining("raw, qcow2, vmdk, vdi, vhdx");
  }
}
