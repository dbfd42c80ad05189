package io.platen.app;

import com.github.luben.zstd.util.ZstdVersion;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.sqlite.util.OSInfo;

/**
 * Has SQLite and zstd loaded from the installation, where the build put them, as safe as the jars
 * beside them. Left alone, both copy themselves from their jars to /tmp at each start: a place that
 * all users share, and where a killed process leaves them for ever.
 */
public final class NativeLibraries {
  /** As zstd-jni calls them. */
  private static final Map<String, String> ZSTD_ARCHITECTURES =
      Map.of("x86_64", "amd64", "aarch64", "aarch64");

  private NativeLibraries() {}

  /** To be called before either is used. */
  public static void loadFromInstallation() {
    // Of "java -jar" this is the one jar.
    Path jar = Path.of(System.getProperty("java.class.path", "")).toAbsolutePath();
    Path libraries = jar.resolveSibling("native");
    use(
        "org.sqlite.lib.path",
        libraries
            .resolve("org/sqlite/native")
            .resolve(OSInfo.getNativeLibFolderPathForCurrentOS()));
    String architecture = ZSTD_ARCHITECTURES.getOrDefault(OSInfo.getArchName(), "");
    use(
        "ZstdNativePath",
        libraries.resolve(
            "linux/%s/libzstd-jni-%s.so".formatted(architecture, ZstdVersion.VERSION)));
  }

  /** Sets a property to a path; where the build has nothing for this machine, the library's own. */
  private static void use(String property, Path path) {
    if (System.getProperty(property) == null && Files.exists(path)) {
      System.setProperty(property, path.toString());
    }
  }
}
