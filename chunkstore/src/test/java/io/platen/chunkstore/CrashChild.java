package io.platen.chunkstore;

import io.platen.chunkstore.contract.ForwardingSession;
import io.platen.chunkstore.contract.ForwardingStore;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** The process that {@link CrashIT} kills: captures a file and says each step before and after. */
final class CrashChild {
  private CrashChild() {}

  public static void main(String[] args) throws IOException {
    PrintStream out = System.out;
    RawFile image = new RawFile(Path.of(args[0]));
    try (FileChunkStore store = FileChunkStore.open(Path.of(args[1]));
        Workspaces workspaces = new Workspaces(4)) {
      new ImageWriter(talking(store, out), new FileIndexStore(Path.of(args[2])), workspaces, 2)
          .write(image, null, "x", ProgressListener.NONE, new Cancellation());
      out.println("published");
    }
    out.println("closed");
  }

  private static ChunkStore talking(ChunkStore store, PrintStream out) {
    return new ForwardingStore(store) {
      @Override
      public StoreSession openSession() throws IOException {
        return new ForwardingSession(super.openSession()) {
          @Override
          public boolean put(ChunkId id, ByteBuffer frame) throws IOException {
            out.println("put");
            return super.put(id, frame);
          }

          @Override
          public void sync() throws IOException {
            out.println("sync");
            super.sync();
            out.println("synced");
          }
        };
      }
    };
  }

  /** The command that runs it. */
  static ProcessBuilder command(Path image, Path store, Path indexes) {
    @Nullable String java = System.getProperty("java.home");
    return new ProcessBuilder(
            java + "/bin/java",
            "--enable-native-access=ALL-UNNAMED",
            "-cp",
            System.getProperty("java.class.path"),
            CrashChild.class.getName(),
            image.toString(),
            store.toString(),
            indexes.toString())
        .redirectError(ProcessBuilder.Redirect.INHERIT);
  }
}
