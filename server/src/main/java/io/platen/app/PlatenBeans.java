package io.platen.app;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.platen.catalog.Catalog;
import io.platen.config.HttpTimes;
import io.platen.config.TrustedProxies;
import io.platen.event.EventCancellation;
import io.platen.event.EventService;
import io.platen.job.JobRunner;
import io.platen.liveness.Watchdog;
import io.platen.machine.DiskUsage;
import io.platen.machine.MachineConsole;
import io.platen.machine.MachineService;
import io.platen.machine.MachineViews;
import io.platen.machine.PowerService;
import io.platen.network.PrivateNetworkService;
import io.platen.network.PublicIpService;
import io.platen.paging.Cursors;
import io.platen.relay.Relay;
import io.platen.relay.RelayTokens;
import io.platen.responsecache.ResponseCache;
import io.platen.rest.IdempotentRequests;
import io.platen.rest.KeptAnswerRepository;
import io.platen.site.Sites;
import io.platen.snapshot.SnapshotService;
import io.platen.startupscript.StartupScriptService;
import io.platen.team.RateLimiter;
import io.platen.team.TeamService;
import io.platen.template.LaunchService;
import io.platen.template.TemplateService;
import io.platen.upkeep.StorageRequests;
import jakarta.enterprise.inject.Produces;
import jakarta.inject.Singleton;
import org.jspecify.annotations.Nullable;

/** Hands what {@link Platen} wired to the HTTP resources. */
@Singleton
public final class PlatenBeans {
  /** Quarkus makes this object, and gives no way to pass it anything; set before Quarkus starts. */
  private static @Nullable Platen platen;

  private static @Nullable Workers workers;

  static void serve(Platen toServe, Workers toWork) {
    platen = toServe;
    workers = toWork;
  }

  static Platen served() {
    var served = platen;
    if (served == null) {
      throw new IllegalStateException("nothing to serve");
    }
    return served;
  }

  static Workers working() {
    var working = workers;
    if (working == null) {
      throw new IllegalStateException("no server was set before the beans were made");
    }
    return working;
  }

  @Produces
  @Singleton
  TeamService teams() {
    return served().teams();
  }

  @Produces
  @Singleton
  EventService events() {
    return served().events();
  }

  @Produces
  @Singleton
  EventCancellation cancellation() {
    return served().cancellation();
  }

  @Produces
  @Singleton
  TemplateService templates() {
    return served().templates();
  }

  @Produces
  @Singleton
  MachineConsole consoles() {
    return new MachineConsole(served().config().data());
  }

  @Produces
  @Singleton
  MachineService machines() {
    return served().machines();
  }

  @Produces
  @Singleton
  SnapshotService snapshots() {
    return served().snapshots();
  }

  @Produces
  @Singleton
  PowerService power() {
    return served().power();
  }

  @Produces
  @Singleton
  MachineViews machineViews() {
    return new MachineViews(
        served().catalog(),
        new DiskUsage(served().config().data()),
        served().publicIps().areOffered(),
        served().database().node());
  }

  @Produces
  @Singleton
  LaunchService launches() {
    return served().launches();
  }

  @Produces
  @Singleton
  StorageRequests storage() {
    return new StorageRequests(served().storage());
  }

  @Produces
  @Singleton
  StartupScriptService startupScripts() {
    return served().startupScripts();
  }

  @Produces
  @Singleton
  PrivateNetworkService privateNetworks() {
    return served().privateNetworks();
  }

  @Produces
  @Singleton
  PublicIpService publicIps() {
    return served().publicIps();
  }

  @Produces
  @Singleton
  Catalog catalog() {
    return served().catalog();
  }

  @Produces
  @Singleton
  Sites sites() {
    return served().sites();
  }

  @Produces
  @Singleton
  Cursors cursors() {
    return served().cursors();
  }

  @Produces
  @Singleton
  RelayTokens relayTokens() {
    return new RelayTokens(served().database());
  }

  @Produces
  @Singleton
  Relay relay(RelayTokens tokens) {
    return new Relay(served().database(), served().nodes(), tokens);
  }

  @Produces
  @Singleton
  RateLimiter rateLimiter() {
    return new RateLimiter(served().config().rateLimit(), System::nanoTime);
  }

  @Produces
  @Singleton
  ResponseCache responseCache() {
    return new ResponseCache(served().database());
  }

  @Produces
  @Singleton
  HttpTimes httpTimes() {
    return served().config().http();
  }

  @Produces
  @Singleton
  TrustedProxies trustedProxies() {
    return served().config().trustedProxies();
  }

  @Produces
  @Singleton
  Watchdog watchdog() {
    return served().watchdog();
  }

  @Produces
  @Singleton
  IdempotentRequests once(ObjectMapper mapper) {
    var served = served();
    return new IdempotentRequests(
        served.database(), new KeptAnswerRepository(), mapper, served.clock());
  }

  @Produces
  @Singleton
  JobRunner jobs() {
    return working().jobs();
  }
}
