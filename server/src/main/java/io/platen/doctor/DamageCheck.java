package io.platen.doctor;

import io.platen.config.ServerConfig;
import io.platen.database.Database;
import io.platen.launch.OtherStores;
import io.platen.paging.Cursors;
import io.platen.site.Site;
import io.platen.site.Sites;
import io.platen.template.Damage;
import io.platen.template.OtherCopies;
import io.platen.template.TemplateRepository;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import java.util.TreeSet;

/** Looks whether templates are marked as damaged, and where what they lack can be had. */
final class DamageCheck {
  /** How many templates are named. */
  private static final int NAMED = 5;

  private DamageCheck() {}

  /** Looks into a database that is up to date; empty where none is marked. */
  static Optional<Diagnosis> run(ServerConfig config, Site site, Database database)
      throws IOException {
    // No list is asked for, so that no cursor is signed.
    var rows = new TemplateRepository(new Cursors(new byte[32]));
    List<Damage> damaged = database.read(handle -> rows.damaged(handle, site.name()));
    if (damaged.isEmpty()) {
      return Optional.empty();
    }
    var copies = new OtherCopies(database, new Sites(config, database, site));
    var stores = new TreeSet<String>();
    int elsewhere = 0;
    for (var each : damaged) {
      var found = copies.of(each.templateId()).stream().map(OtherStores.Source::name).toList();
      stores.addAll(found);
      elsewhere += found.isEmpty() ? 0 : 1;
    }
    var named = damaged.stream().limit(NAMED).map(Damage::templateId).toList();
    String words =
        "%d templates are damaged: %s%s"
            .formatted(
                damaged.size(),
                String.join(", ", named),
                damaged.size() > NAMED ? " and others" : "");
    return Optional.of(
        elsewhere == 0
            ? new Diagnosis(
                Diagnosis.Kind.OPTIONAL,
                "templates",
                words,
                "capture a machine that holds the same data, or purge them")
            : new Diagnosis(
                Diagnosis.Kind.OPTIONAL,
                "templates",
                "%s; %d of them are in %s, too"
                    .formatted(words, elsewhere, String.join(", ", stores)),
                "platen verify --repair fetches what is lost from there"));
  }
}
