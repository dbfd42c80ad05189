package io.platen.chunkstore;

import io.platen.chunkstore.contract.PoolImages;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

/**
 * The process that {@link CollectorIT} kills: captures, launches, cancels and deletes on several
 * threads, while another one collects all the time, and says each step. Each thread knows its own
 * templates, and checks them byte for byte.
 */
final class CollectorChild {
  private static final int WORKERS = 3;
  private static final int POOL = 60;
  private static final int MAX_TEMPLATES = 8;

  private final PoolImages images;
  private final FileChunkStore store;
  private final Workspaces workspaces = new Workspaces(8);
  private final PrintStream out;
  private final long seed;
  private final AtomicInteger steps;
  private final AtomicLong names = new AtomicLong();

  private CollectorChild(Path directory, long seed, int steps, PrintStream out) throws IOException {
    DirectoryUnderTest made = new DirectoryUnderTest(directory);
    this.images = new PoolImages(made.indexes());
    this.store = made.open();
    this.seed = seed;
    this.steps = new AtomicInteger(steps);
    this.out = out;
  }

  public static void main(String[] args) throws Exception {
    // Whole lines, so that the parent never reads half of one.
    CollectorChild child =
        new CollectorChild(
            Path.of(args[0]), Long.parseLong(args[1]), Integer.parseInt(args[2]), System.out);
    child.run();
    System.out.println("closed");
  }

  private void run() throws Exception {
    try (ExecutorService threads = Executors.newFixedThreadPool(WORKERS + 1)) {
      List<Future<?>> running = new ArrayList<>();
      for (int worker = 0; worker < WORKERS; worker++) {
        int number = worker;
        running.add(
            threads.submit(
                () -> {
                  new Worker(number).run();
                  return number;
                }));
      }
      Future<?> collecting =
          threads.submit(
              () -> {
                Random random = new Random(seed);
                while (steps.get() > 0) {
                  collect(random);
                }
                return true;
              });
      running.add(collecting);
      for (Future<?> each : running) {
        await(each);
      }
    } finally {
      store.close();
      workspaces.close();
    }
  }

  private static void await(Future<?> thread) throws Exception {
    try {
      thread.get(5, TimeUnit.MINUTES);
    } catch (ExecutionException e) {
      // Nothing else may go on as if nothing had happened.
      e.printStackTrace();
      Runtime.getRuntime().halt(3);
    }
  }

  private void collect(Random random) throws IOException {
    Cancellation cancellation = new Cancellation();
    int stop = random.nextInt(400);
    int[] seen = new int[1];
    boolean dry = random.nextInt(8) == 0;
    try {
      Collected collected =
          new Collector(store, Pace.unlimited(), random.nextBoolean() ? 16 : 1 << 20)
              .collect(
                  images,
                  dry,
                  new CollectionListener() {
                    @Override
                    public void removing(ChunkId id) {
                      if (seen[0]++ == stop) {
                        cancellation.cancel();
                      }
                    }
                  },
                  cancellation);
      if (collected.missingChunks() > 0 && !dry) {
        say("maybe-missing " + collected.missingChunks());
      }
      say((dry ? "dry " : "collected ") + collected.removedChunks());
    } catch (Cancelled e) {
      say("collection-cancelled");
    }
  }

  private synchronized void say(String line) {
    out.println(line);
    out.flush();
  }

  private final class Worker {
    private final Random random;
    private final String name;
    private final List<String> own = new ArrayList<>();

    Worker(int number) throws IOException {
      this.random = new Random(seed * 31 + number);
      this.name = "w" + number;
      for (String index : images.live()) {
        if (index.startsWith(name)) {
          own.add(index);
        }
      }
    }

    void run() throws IOException {
      while (steps.getAndDecrement() > 0) {
        int dice = random.nextInt(10);
        if (own.isEmpty() || (dice < 4 && own.size() < MAX_TEMPLATES)) {
          capture();
        } else if (dice < 7) {
          delete();
        } else {
          launch();
        }
      }
      for (String index : own) {
        images.check(store, workspaces, index);
      }
    }

    private void capture() throws IOException {
      // A parent may be anybody's: it may be deleted, and collected, meanwhile.
      List<String> live = images.live();
      String parent =
          random.nextInt(3) > 0 && !live.isEmpty() ? live.get(random.nextInt(live.size())) : null;
      List<Integer> chunks =
          new ArrayList<>(parent == null ? List.of() : PoolImages.chunks(parent));
      int size = 1 + random.nextInt(6);
      while (chunks.size() < size) {
        chunks.add(random.nextInt(POOL));
      }
      chunks.set(random.nextInt(chunks.size()), random.nextInt(POOL));
      String unique = name + "n" + seed + "x" + names.incrementAndGet();
      Cancellation cancellation = new Cancellation();
      if (random.nextInt(6) == 0) {
        cancellation.cancel();
      }
      say("capturing " + PoolImages.name(unique, chunks));
      try {
        String index = images.capture(store, workspaces, unique, chunks, parent, cancellation);
        own.add(index);
        say("captured " + index);
      } catch (Cancelled e) {
        say("cancelled " + unique);
      } catch (IndexMissing e) {
        say("parent-deleted " + unique);
      }
    }

    private void delete() throws IOException {
      String index = own.remove(random.nextInt(own.size()));
      say("deleting " + index);
      images.delete(index);
      say("deleted " + index);
    }

    private void launch() throws IOException {
      images.check(store, workspaces, own.get(random.nextInt(own.size())));
      say("launched");
    }
  }

  /** The command that runs it. */
  static ProcessBuilder command(Path directory, long seed, int steps) {
    return new ProcessBuilder(
            System.getProperty("java.home") + "/bin/java",
            "--enable-native-access=ALL-UNNAMED",
            "-Xmx256m",
            "-XX:TieredStopAtLevel=1",
            "-cp",
            System.getProperty("java.class.path"),
            CollectorChild.class.getName(),
            directory.toString(),
            Long.toString(seed),
            Integer.toString(steps))
        .redirectError(ProcessBuilder.Redirect.INHERIT);
  }
}
