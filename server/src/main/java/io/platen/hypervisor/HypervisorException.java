package io.platen.hypervisor;

import java.io.IOException;
import org.jspecify.annotations.Nullable;

/** Libvirt could not do what it was asked; the message says what, why, and what helps. */
public class HypervisorException extends IOException {
  private static final long serialVersionUID = 1;

  public HypervisorException(String message) {
    this(message, null);
  }

  HypervisorException(String message, @Nullable Throwable cause) {
    super(message, cause);
  }
}
