package io.platen.app;

import io.platen.job.RegularWork;
import io.platen.job.SilentNodes;
import io.platen.machine.DiskNotes;
import io.platen.machine.DiskUsage;
import io.platen.node.NodeReporter;
import io.platen.site.AgreedStores;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.time.Duration;
import org.jboss.logging.Logger;

/** What a node does for the others, where a database has several. */
final class NodeWork implements AutoCloseable {
  private static final Logger LOG = Logger.getLogger(NodeWork.class);
  private static final Duration REPORT = Duration.ofSeconds(5);

  /** With the silence that is waited for first, that is less than 30 s. */
  private static final Duration LOOK = Duration.ofSeconds(3);

  /** How late other nodes are with what a disk takes. */
  private static final Duration NOTE = Duration.ofSeconds(10);

  /** A turn asks libvirt and the database a few times; each may take a while to fail. */
  private static final Duration LIMIT = Duration.ofMinutes(5);

  private final Platen platen;
  private final boolean areSeveral;
  private final NodeReporter reporter;
  private final RegularWork reports;
  private final RegularWork looks;
  private final RegularWork notes;

  NodeWork(Platen platen, SilentNodes silent, String version) {
    this.platen = platen;
    areSeveral = platen.nodes().areSeveral();
    reporter =
        new NodeReporter(
            platen.database(),
            platen.nodes(),
            platen.node(),
            platen.catalog(),
            platen.region(),
            version);
    reports = new RegularWork("report of the node", LIMIT, platen.watchdog(), reporter::report);
    looks = new RegularWork("look at silent nodes", LIMIT, platen.watchdog(), silent::look);
    notes =
        new RegularWork(
            "notes of what disks take",
            LIMIT,
            platen.watchdog(),
            new DiskNotes(
                    platen.database(), platen.machineRows(), new DiskUsage(platen.config().data()))
                ::note);
  }

  /** Has the node take machines, before it answers its first request. */
  void start() throws IOException {
    if (areSeveral) {
      try {
        reporter.report();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new InterruptedIOException("the start was interrupted");
      }
      sayWhereNodesDisagree();
      reports.start(REPORT);
      looks.start(LOOK);
      notes.start(NOTE);
    }
  }

  private void sayWhereNodesDisagree() {
    var database = platen.database();
    for (var objection :
        AgreedStores.objections(
            platen.config().stores(), database.node(), database.read(platen.nodes()::list))) {
      LOG.warnf("%s: give all nodes the same \"stores\" and \"regions\"", objection);
    }
  }

  @Override
  public void close() {
    notes.close();
    looks.close();
    reports.close();
  }
}
