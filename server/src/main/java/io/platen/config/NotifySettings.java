package io.platen.config;

import java.net.URI;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * Where the server tells that something is wrong.
 *
 * @param url where notices are posted to; its path may hold a secret, so it is never shown
 * @param secretFile a file with the secret that signs them
 * @param storeFreeBytes with less than this left, a store counts as nearly full
 */
public record NotifySettings(URI url, Path secretFile, long storeFreeBytes) {
  public static final int DEFAULT_STORE_FREE_GB = 50;

  /**
   * With less than this left a store counts as nearly full, in bytes, whether or not anybody is
   * told.
   *
   * @param settings null where nobody is
   */
  public static long leastFreeBytes(@Nullable NotifySettings settings) {
    return settings == null ? (long) DEFAULT_STORE_FREE_GB << 30 : settings.storeFreeBytes();
  }

  /** What may be shown of the address. */
  public String shownUrl() {
    return url.getScheme() + "://" + url.getHost() + (url.getPort() < 0 ? "" : ":" + url.getPort());
  }

  /** Without what may be secret. */
  @Override
  public String toString() {
    return "NotifySettings[" + shownUrl() + "]";
  }
}
