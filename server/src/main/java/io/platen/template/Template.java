package io.platen.template;

import io.platen.disk.Disk;
import io.platen.model.OperatingSystem;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * A captured disk that machines can be launched from. Only this record and the repository call the
 * constructor, so that whoever adds a part touches nothing else.
 *
 * @param teamId null for an OS template, which belongs to everybody
 * @param parentMachineId the machine it was captured from, which may be deleted by now; null for an
 *     OS template
 * @param diskBytes the size of the disk
 * @param indexDigest the SHA-256 of its index, in hexadecimal; null until the capture is done
 * @param source the file that an OS template is imported from; null for a custom template
 */
public record Template(
    String id,
    @Nullable String teamId,
    @Nullable String parentMachineId,
    String name,
    TemplateState state,
    String region,
    OperatingSystem os,
    long diskBytes,
    @Nullable String indexDigest,
    Disk.@Nullable Adopted source,
    Instant dtCreated,
    @Nullable Instant dtDeleted) {
  /** A custom template whose capture begins now. */
  public static Template capturing(
      String id,
      String teamId,
      @Nullable String parentMachineId,
      String name,
      String region,
      OperatingSystem os,
      long diskBytes,
      Instant now) {
    return new Template(
        id,
        teamId,
        parentMachineId,
        name,
        TemplateState.CAPTURING,
        region,
        os,
        diskBytes,
        null,
        null,
        now,
        null);
  }

  /** An OS template whose import begins now. */
  public static Template importing(
      String id,
      String name,
      String region,
      OperatingSystem os,
      long diskBytes,
      Disk.Adopted source,
      Instant now) {
    return new Template(
        id,
        null,
        null,
        name,
        TemplateState.CAPTURING,
        region,
        os,
        diskBytes,
        null,
        source,
        now,
        null);
  }

  /** The template, deleted now. */
  public Template withDeleted(Instant now) {
    return new Template(
        id,
        teamId,
        parentMachineId,
        name,
        state,
        region,
        os,
        diskBytes,
        indexDigest,
        source,
        dtCreated,
        now);
  }
}
