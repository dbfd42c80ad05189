package io.platen.support;

import com.fasterxml.jackson.databind.JsonNode;

/**
 * What the captures of a server read, inherited and stored, in bytes. The server's metrics count
 * all of them, so no other one may run meanwhile.
 */
public record CaptureCost(double read, double inherited, double stored) {
  private static CaptureCost soFar(Client client) {
    var metrics = Metrics.of(client);
    return new CaptureCost(
        bytes(metrics, "read"), bytes(metrics, "inherited"), bytes(metrics, "stored"));
  }

  private static double bytes(Metrics metrics, String kind) {
    return metrics.value("platen_capture_bytes_total{kind=\"" + kind + "\"}");
  }

  /** A capture that is done, and what it cost. */
  public record Captured(String template, JsonNode answer, CaptureCost cost) {}

  /** Captures a machine and waits until that is done. */
  public static Captured of(Client client, String machineId, String name) {
    var before = soFar(client);
    var begun = client.capture(machineId, name);
    String template = client.awaitDone(begun).path("id").asText();
    var after = soFar(client);
    return new Captured(
        template,
        begun,
        new CaptureCost(
            after.read - before.read,
            after.inherited - before.inherited,
            after.stored - before.stored));
  }
}
