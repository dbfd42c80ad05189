package io.platen.linux;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import org.junit.jupiter.api.Test;

/** That one arrives is in {@code app.ServiceManagerTest}. */
final class UnixDatagramTest {
  @Test
  void whereNobodyListensItFails() {
    assertThatThrownBy(() -> UnixDatagram.send("/nowhere/socket", "x"))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("sendto /nowhere/socket");
    assertThatThrownBy(() -> UnixDatagram.send("@platen-nobody-listens", "x"))
        .isInstanceOf(IOException.class);
  }

  @Test
  void aNameThatIsTooLongIsRefused() {
    assertThatThrownBy(() -> UnixDatagram.send("/" + "x".repeat(107), "x"))
        .hasMessageContaining("more than 107 bytes");
  }
}
