package io.platen.disk;

import io.platen.process.ChildProcess;
import java.io.Closeable;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.StringJoiner;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jboss.logging.Logger;

/**
 * A disk, with each of its files opened once, locked against writers, and checked. QEMU's tools are
 * handed these open files ({@link RawDisk#nameForChild}), and afterwards it is looked what they
 * opened: a file that takes the place of one that was checked is never read.
 */
public final class OpenDisk implements Closeable {
  private static final Logger LOG = Logger.getLogger(OpenDisk.class);

  private final Disk disk;
  private final List<OpenImage> images;
  private final ImageHeader header;

  private OpenDisk(Disk disk, List<OpenImage> images, ImageHeader header) {
    this.disk = disk;
    this.images = images;
    this.header = header;
  }

  /** An open file, and what its header said when it was checked. */
  record OpenImage(RawDisk file, DiskFormat format, ImageLayout layout) {
    static OpenImage of(RawDisk file, DiskFormat format) throws IOException {
      try (ImageFile image = file.image(format)) {
        return new OpenImage(file, format, ImageLayout.read(image, format));
      }
    }

    void checkHeader() throws IOException {
      if (!of(file, format).layout().equals(layout)) {
        throw new DiskChanged(file.path());
      }
    }
  }

  /**
   * Opens and checks a disk.
   *
   * @throws ImageRefused if an image does not pass
   * @throws DiskLocked if another process has one open for writing
   * @throws DiskUnreadable if one is missing or may not be read
   */
  public static OpenDisk open(Disk disk) throws IOException {
    return open(disk, false);
  }

  /**
   * Opens and checks a machine's disk for a QEMU tool that is to write its overlay. It is the tool
   * that takes QEMU's locks of the overlay.
   */
  public static OpenDisk openForQemuToWrite(Disk.Machine disk) throws IOException {
    return open(disk, true);
  }

  private static OpenDisk open(Disk disk, boolean toWrite) throws IOException {
    List<RawDisk> files = new ArrayList<>();
    try {
      for (Disk.Adopted image : disk.images()) {
        boolean written = toWrite && files.isEmpty();
        files.add(written ? RawDisk.openForQemuToWrite(image.path()) : RawDisk.open(image.path()));
      }
      return checked(disk, files);
    } catch (IOException | RuntimeException e) {
      closeAfter(files, e);
      throw e;
    }
  }

  private static void closeAfter(List<RawDisk> files, Exception failure) {
    for (RawDisk file : files) {
      try {
        file.close();
      } catch (IOException e) {
        failure.addSuppressed(e);
      }
    }
  }

  private static OpenDisk checked(Disk disk, List<RawDisk> files) throws IOException {
    List<OpenImage> images = new ArrayList<>();
    List<ImageHeader> headers = new ArrayList<>();
    for (int i = 0; i < files.size(); i++) {
      OpenImage image = OpenImage.of(files.get(i), disk.images().get(i).format());
      images.add(image);
      try (ImageFile read = image.file().image(image.format())) {
        checkBacking(disk, i, read, image.layout());
        headers.add(ImageHeader.whole(read, image.format(), image.layout()));
      }
    }
    return new OpenDisk(disk, images, headers.getFirst());
  }

  /** What a header says of a backing file has to be what is known, where the header counts. */
  private static void checkBacking(Disk disk, int i, ImageFile read, ImageLayout layout)
      throws IOException {
    if (layout instanceof Qcow2Header qcow2) {
      switch (disk) {
        case Disk.Adopted _ -> qcow2.alone(read);
        case Disk.Machine machine -> qcow2.over(read, machine.path(), machine.base());
        case Disk.Chain chain when i >= chain.stated() -> checkLink(chain, i, qcow2);
        case Disk.Chain _ -> {}
      }
    }
  }

  private static void checkLink(Disk.Chain chain, int i, Qcow2Header header) throws DiskChanged {
    Path path = chain.images().get(i).path();
    Optional<Path> below = header.backing().flatMap(named -> named.resolve(path));
    boolean isLast = i == chain.images().size() - 1;
    if (isLast
        ? header.backing().isPresent()
        : !below.equals(Optional.of(chain.images().get(i + 1).path()))) {
      throw new DiskChanged(path); // since the chain was found
    }
  }

  /** What was opened. */
  public Disk disk() {
    return disk;
  }

  /** The size of the disk in bytes. */
  public long size() {
    return header.virtualSize();
  }

  ImageHeader header() {
    return header;
  }

  /** The images, the disk's own first. */
  List<OpenImage> images() {
    return images;
  }

  private OpenImage first() {
    return images.getFirst();
  }

  /** The length of an image's file in bytes; empty where the disk has no such image. */
  public OptionalLong length(Path image) {
    return images.stream()
        .filter(some -> some.file().path().equals(image))
        .mapToLong(some -> some.file().size())
        .findFirst();
  }

  /** The disk itself, where it is a raw one. It is closed with this. */
  public Optional<RawDisk> raw() {
    return images.size() == 1 && first().format() == DiskFormat.RAW
        ? Optional.of(first().file())
        : Optional.empty();
  }

  /**
   * The disk of a machine that was launched here, for reading it without QEMU; empty where only
   * QEMU can read it: its user may have compressed it, for example. It is closed with this.
   */
  public Optional<OverlayDisk> overlay() throws IOException {
    if (disk instanceof Disk.Machine machine
        && first().layout() instanceof Qcow2Header qcow2
        && qcow2.isPlain()) {
      try (ImageFile file = first().file().image(DiskFormat.QCOW2)) {
        if (!qcow2.findCompressed(file)) {
          RawDisk base = images.getLast().file();
          return Optional.of(new OverlayDisk(machine, first().file(), base, qcow2));
        }
      }
    }
    return Optional.empty();
  }

  /** The disk for a QEMU tool that writes to it: a QAPI BlockdevOptions, in JSON. */
  public String writableNode() throws IOException {
    return BlockNode.writable(this);
  }

  /**
   * Looks which files a QEMU tool has open, once it has opened the disk, and whether they are those
   * that were checked.
   *
   * @throws DiskChanged if it has another one open, or lacks one, or a header is another one now
   */
  public void checkOpenedBy(ChildProcess tool) throws IOException {
    List<FileKey> expected = new ArrayList<>();
    for (OpenImage image : images) {
      expected.add(image.file().key());
    }
    List<FileKey> found = FileKey.openIn(tool.pid());
    if (!isWithin(found, expected) || !isWithin(expected, found)) {
      throw new DiskChanged(disk.path());
    }
    for (OpenImage image : images) {
      image.checkHeader();
    }
  }

  private static boolean isWithin(List<FileKey> some, List<FileKey> all) {
    return some.stream().allMatch(key -> all.stream().anyMatch(key::isSame));
  }

  /**
   * Looks whether anything wrote to the disk since it was opened. A base image of Platen's never
   * changes, but for the time of its last use.
   *
   * @throws DiskChanged if so
   */
  public void checkUnchanged() throws IOException {
    List<OpenImage> checked = disk instanceof Disk.Machine ? List.of(first()) : images;
    for (OpenImage image : checked) {
      image.file().checkUnchanged();
    }
  }

  /**
   * What tells the files of this disk, and what they hold, from any others: equal ones mean that
   * the disk holds the same. Empty where nothing tells that, or not yet; see {@link RawDisk#print}.
   * A base image of Platen's never changes, and an overlay's header names it.
   */
  public Optional<String> print(Instant now) throws IOException {
    List<OpenImage> told = disk instanceof Disk.Machine ? List.of(first()) : images;
    var all = new StringJoiner(" ");
    for (OpenImage image : told) {
      var one = image.file().print(now);
      if (one.isEmpty()) {
        return Optional.empty();
      }
      all.add(image.format().label() + ":" + one.get());
    }
    return Optional.of(all.toString());
  }

  /**
   * What was written to the disk of a machine that was launched here since one of its dirty bitmaps
   * was begun. Empty where it is not known: no such bitmap is in the overlay, it may have missed
   * something, or the disk was smaller meanwhile.
   *
   * @param bitmap its name
   * @param bytes the size that the disk had when it was begun
   */
  public Optional<DirtyRanges> writtenSince(String bitmap, long bytes) throws IOException {
    if (!(disk instanceof Disk.Machine) || !(first().layout() instanceof Qcow2Header qcow2)) {
      return Optional.empty();
    }
    try (ImageFile file = first().file().image(DiskFormat.QCOW2)) {
      for (var entry : Qcow2Bitmaps.list(file, qcow2)) {
        if (entry.name().equals(bitmap)) {
          return entry.isWhole()
              ? Qcow2Bitmaps.read(file, qcow2, entry)
                  .filter(dirty -> bytes <= size() && dirty.isDirty(bytes - 1))
              : Optional.empty();
        }
      }
      return Optional.empty();
    } catch (ImageRefused e) {
      LOG.infof("what was written to %s is not known: %s", disk.path(), e.getMessage());
      return Optional.empty();
    }
  }

  /** The names of the dirty bitmaps in the disk's own image; none where it is no qcow2 image. */
  List<Qcow2Bitmaps.Entry> bitmaps() throws IOException {
    if (!(first().layout() instanceof Qcow2Header qcow2)) {
      return List.of();
    }
    try (ImageFile file = first().file().image(DiskFormat.QCOW2)) {
      return Qcow2Bitmaps.list(file, qcow2);
    }
  }

  /** A message of a QEMU tool, with the paths of the files that it knows by other names. */
  public String withPaths(String message) {
    String text = message;
    for (OpenImage image : images) {
      text =
          text.replaceAll(
              Pattern.quote(image.file().nameForChild()) + "(?!\\d)",
              Matcher.quoteReplacement(image.file().path().toString()));
    }
    return text;
  }

  @Override
  public void close() throws IOException {
    IOException failure = new IOException("closing " + disk.path());
    closeAfter(images.stream().map(OpenImage::file).toList(), failure);
    if (failure.getSuppressed().length > 0) {
      throw failure;
    }
  }
}
