package io.platen.machine;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.platen.model.Ids;
import io.platen.model.OperatingSystem;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * What {@code machines/ID/machine.json} holds: a machine that was launched here, so that it can be
 * taken on again by a database that does not know it. It holds no secret.
 *
 * @param version of this format
 * @param diskBytes the size of its disk
 * @param templateId what it was launched from
 * @param indexDigest the SHA-256 of that template's index, which names its base image
 * @param network its private network; null for the default one
 * @param startupScriptId its startup script; null for none
 * @param automation what is done with it unasked; null where the file is older than that
 * @param created milliseconds since 1970
 */
record MachineFile(
    int version,
    String id,
    Owner team,
    String name,
    String machineType,
    String agentType,
    String osLabel,
    String region,
    String architecture,
    String firmware,
    long diskBytes,
    String templateId,
    String indexDigest,
    @Nullable Network network,
    @Nullable String startupScriptId,
    @Nullable Automatic automation,
    long created) {
  static final int VERSION = 1;

  private static final JsonMapper JSON =
      JsonMapper.builder()
          .enable(DeserializationFeature.FAIL_ON_NULL_FOR_PRIMITIVES)
          .enable(DeserializationFeature.FAIL_ON_MISSING_CREATOR_PROPERTIES)
          .disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
          .build();

  private static final Pattern DIGEST = Pattern.compile("[0-9a-f]{64}");

  record Owner(String id, String name) {}

  /**
   * A private network.
   *
   * @param number which of the subnets it has
   */
  record Network(String id, String name, String region, int number) {}

  /**
   * What is done with a machine unasked; null for what was never said.
   *
   * @param snapshots whether they are taken
   * @param frequency a label of {@link SnapshotFrequency}
   * @param saveCount how many are kept
   * @param shutdown whether it is shut down
   * @param hours after which time
   * @param force whether that time counts whatever is done on it
   */
  record Automatic(
      boolean snapshots,
      @Nullable String frequency,
      @Nullable Integer saveCount,
      boolean shutdown,
      @Nullable Integer hours,
      @Nullable Boolean force) {
    static Automatic of(Automation automation) {
      var snapshots = automation.snapshots();
      var shutdown = automation.shutdown();
      var frequency = snapshots.frequency();
      return new Automatic(
          snapshots.isEnabled(),
          frequency == null ? null : frequency.label(),
          snapshots.saveCount(),
          shutdown.isEnabled(),
          shutdown.hours(),
          shutdown.force());
    }

    Automation automation() {
      return new Automation(
          new Automation.Snapshots(snapshots, known(), saveCount),
          new Automation.Shutdown(shutdown, hours, force));
    }

    private @Nullable SnapshotFrequency known() {
      return frequency == null ? null : SnapshotFrequency.of(frequency).orElse(null);
    }

    private boolean isComplete() {
      return (frequency == null ? !snapshots : known() != null)
          && isWithin(saveCount, snapshots, Automation.MOST_SNAPSHOTS)
          && isWithin(hours, shutdown, Automation.MOST_HOURS)
          && (force != null || !shutdown);
    }

    private static boolean isWithin(@Nullable Integer value, boolean needed, int most) {
      return value == null ? !needed : value >= 1 && value <= most;
    }
  }

  String text() {
    try {
      return JSON.writerWithDefaultPrettyPrinter().writeValueAsString(this) + "\n";
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("a record of texts and numbers can be written", e);
    }
  }

  /**
   * Reads the file of a machine.
   *
   * @throws IOException where it can't be read, or is not the file of this machine
   */
  static MachineFile read(Path file, String id) throws IOException {
    @Nullable MachineFile read;
    try {
      var json = JSON.readTree(Files.readString(file));
      if (json instanceof ObjectNode object && !object.has("automation")) {
        object.putNull("automation"); // written before there was any
      }
      read = JSON.treeToValue(json, MachineFile.class);
    } catch (JsonProcessingException e) {
      throw new IOException("%s is no machine's: %s".formatted(file, e.getOriginalMessage()), e);
    }
    if (read == null) {
      throw new IOException("%s holds nothing".formatted(file));
    }
    if (read.version != VERSION) {
      throw new IOException(
          "%s has the format %d, and this version of Platen knows %d"
              .formatted(file, read.version, VERSION));
    }
    if (!read.isComplete() || !read.id.equals(id)) {
      throw new IOException("%s is not the file of the machine %s".formatted(file, id));
    }
    return read;
  }

  @SuppressWarnings("ConstantValue") // Jackson leaves null what says null.
  private boolean isComplete() {
    return Stream.of(
                id, team, name, machineType, agentType, osLabel, region, architecture, firmware)
            .allMatch(value -> value != null)
        && Stream.of(id, team.id, templateId).allMatch(text -> text != null && Ids.isId(text))
        && team.name != null
        && indexDigest != null
        && DIGEST.matcher(indexDigest).matches()
        && diskBytes > 0
        && (automation == null || automation.isComplete())
        && (network == null || (network.id != null && Ids.isId(network.id)));
  }

  Machine machine(String teamId, MachineState state, @Nullable String script, Instant now) {
    return Machine.create(
            id,
            teamId,
            name,
            state,
            region,
            machineType,
            new OperatingSystem(agentType, osLabel, architecture, firmware),
            MachineDisk.over(new BaseTemplate(templateId, indexDigest), diskBytes),
            Instant.ofEpochMilli(created))
        .withNetwork(MachineNetwork.in(network == null ? null : network.id))
        .withGuest(new Guest(null, script))
        .withAutomation(automation == null ? Automation.NONE : automation.automation())
        .withModified(now);
  }
}
