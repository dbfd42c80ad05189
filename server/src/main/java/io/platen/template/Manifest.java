package io.platen.template;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * What the store says of an index: enough to know the template again without the database. The
 * layout of the document is {@link ManifestJson}'s.
 *
 * @param templateId the template's id, which is the name of its index, too
 * @param number which change of the template this tells of; a higher number is the later one
 * @param team null for an OS template, which belongs to everybody
 * @param diskBytes the size of the disk
 * @param indexDigest the SHA-256 of the index, in hexadecimal; null where a template was deleted
 *     before its capture was done
 * @param parentMachineId the machine it was captured from; null for an OS template
 * @param parentTemplateId the template that this machine was launched from; null for others
 * @param isProtected whether it can't be deleted
 */
public record Manifest(
    String templateId,
    long number,
    State state,
    Kind kind,
    String name,
    @Nullable Team team,
    Os os,
    String region,
    long diskBytes,
    @Nullable String indexDigest,
    @Nullable String parentMachineId,
    @Nullable String parentTemplateId,
    boolean isProtected,
    boolean isAuto,
    boolean isFresh,
    Instant dtCreated,
    @Nullable Instant dtDeleted,
    @Nullable Instant dtPurged) {
  /** What is to become of the index. */
  public enum State {
    /** It is complete, and is to stay. */
    AVAILABLE,
    /** Its template is deleted, and can be undeleted as long as it is not purged. */
    DELETED,
    /** Its template is gone for good: the index may go. */
    PURGED
  }

  /** What a template is. */
  public enum Kind {
    CUSTOM,
    OS,
    SNAPSHOT
  }

  /** The team that a template belongs to. */
  public record Team(String id, String name) {}

  /** The system on the disk, as the template has it. */
  public record Os(String label, String agentType, String architecture, String firmware) {}

  /** Whether it tells of nothing that is to stay. */
  public boolean isTombstone() {
    return state == State.PURGED;
  }

  /** The same template, as it is once its image is captured. */
  Manifest withImage(long bytes, String digest, boolean fresh) {
    return new Manifest(
        templateId,
        number,
        state,
        kind,
        name,
        team,
        os,
        region,
        bytes,
        digest,
        parentMachineId,
        parentTemplateId,
        isProtected,
        isAuto,
        fresh,
        dtCreated,
        dtDeleted,
        dtPurged);
  }
}
