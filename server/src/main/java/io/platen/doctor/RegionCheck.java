package io.platen.doctor;

import io.platen.catalog.Catalog;
import io.platen.catalog.CatalogFile;
import io.platen.catalog.Region;
import io.platen.config.ServerConfig;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/** Looks whether the regions of the configuration are those of the catalog. */
final class RegionCheck {
  private static final String REGION = "region";

  private final ServerConfig config;
  private final List<Diagnosis> found = new ArrayList<>();

  private RegionCheck(ServerConfig config) {
    this.config = config;
  }

  static List<Diagnosis> run(ServerConfig config) {
    var check = new RegionCheck(config);
    try {
      check.all(CatalogFile.read(config.catalogFile()));
    } catch (IOException e) {
      check.missing(String.valueOf(e.getMessage()), "mend the file that \"catalog\" names");
    }
    return List.copyOf(check.found);
  }

  private void all(Catalog catalog) {
    String named = config.region();
    var own = named == null ? "" : catalog.region(named).map(Region::name).orElse(null);
    if (own == null) {
      missing(
          "the configuration says \"region: %s\", and the catalog has %s"
              .formatted(named, String.join(", ", catalog.regionNames())),
          "name one of those");
      return;
    }
    var stores = config.stores();
    for (var region : stores.regions().keySet()) {
      if (!catalog.regionNames().contains(region)) {
        missing(
            "\"regions\" names %s, and the catalog has %s"
                .formatted(region, String.join(", ", catalog.regionNames())),
            "name those of the catalog");
      }
    }
    for (var region : catalog.regionNames()) {
      if (!stores.regions().isEmpty() && stores.of(region).isEmpty()) {
        found.add(
            new Diagnosis(
                Diagnosis.Kind.OPTIONAL,
                REGION,
                region + " has no store, so that no template is distributed there",
                "name one for it under \"regions\""));
      }
    }
    found.add(Diagnosis.ok(REGION, words(own)));
  }

  private String words(String own) {
    String place = own.isEmpty() ? "this node takes machines of every region" : own;
    var bucket = config.s3();
    if (bucket != null) {
      return place + ", with the store " + bucket.name();
    }
    var directory = config.storeDirectory();
    return directory == null
        ? place + ", with the store in the data directory"
        : "%s, with the store %s in %s".formatted(place, directory.name(), directory.path());
  }

  private void missing(String detail, String remedy) {
    found.add(new Diagnosis(Diagnosis.Kind.MISSING, REGION, detail, remedy));
  }
}
