package io.platen.upkeep;

import io.platen.chunkstore.StoreUnavailable;
import io.platen.database.Database;
import io.platen.site.Site;
import io.platen.site.StoreFile;
import io.platen.site.StoreIdentity;
import io.platen.template.IndexListing;
import io.platen.template.KnownTemplates;
import io.platen.template.ManifestChanges;
import io.platen.template.Manifests;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import org.jboss.logging.Logger;

/**
 * Gives a store to a database by hand, where a person knows what the two do not: that the database
 * that had the store is lost, that an older database is the right one, or that a store is whole
 * although it does not say what it is.
 *
 * <p>Nothing is removed. What the store holds and the database does not know stays, and collections
 * go on refusing to work beside it.
 */
public final class StoreAttachment {
  private static final Logger LOG = Logger.getLogger(StoreAttachment.class);

  /** How many templates one transaction is about: a store may have a million. */
  private static final int BATCH = 500;

  private final Site site;
  private final Database database;
  private final StoreIdentity identity;
  private final Manifests manifests;

  public StoreAttachment(Site site, Database database, StoreIdentity identity) {
    this.site = site;
    this.database = database;
    this.identity = identity;
    this.manifests = new Manifests(site.manifests());
  }

  /**
   * What there is on both sides.
   *
   * @param says what each says of the other
   * @param listing the store's indexes, compared with the database
   * @param templates how many templates the database has that are complete and not deleted
   */
  public record Sides(StoreIdentity.Sides says, IndexListing listing, long templates) {
    /** Whether nothing is to be decided: each names the other, and the database knows all of it. */
    public boolean areSettled() {
      return says.areEstablished()
          && listing.unknown().count() == 0
          && listing.leftovers().count() == 0
          && listing.newer().count() == 0;
    }
  }

  /** The number of the change that a template's manifest tells. */
  private record Told(String id, long number) {}

  /** Looks at both sides; changes nothing. */
  public Sides look() throws IOException {
    return new Sides(
        identity.look(),
        IndexListing.of(site.name(), site.indexes(), manifests, database),
        database.read(handle -> KnownTemplates.countPublished(handle, site.name())));
  }

  /**
   * Gives the store to the database. What the database says holds from now on, also where manifests
   * tell of later changes.
   *
   * @return what the store says from now on
   * @throws IOException where the store can't be read or written
   */
  public StoreFile attach() throws IOException {
    var told = new ArrayList<Told>();
    manifests.list(
        id -> {
          var number = number(id);
          if (number.isPresent()) {
            told.add(new Told(id, number.getAsLong()));
          }
          if (told.size() == BATCH) {
            outrank(told);
          }
        });
    outrank(told);
    var file = identity.attach();
    // The next look makes it the database's own where that has a template, or the store is empty.
    database.change(handle -> StoreMark.ATTACHED.write(handle, site.name()));
    return file;
  }

  /** The number of a template's manifest; empty where there is none that could be outranked. */
  private OptionalLong number(String id) throws IOException {
    try {
      var manifest = manifests.read(id);
      return manifest.isEmpty() ? OptionalLong.empty() : OptionalLong.of(manifest.get().number());
    } catch (StoreUnavailable e) {
      throw e;
    } catch (IOException e) {
      // What is damaged is written anew, whatever its number was. What a newer version wrote, or
      // somebody in its name, stays.
      LOG.warnf("not looked at: %s", e.getMessage());
      return OptionalLong.empty();
    }
  }

  /** Outranks these, and forgets them. */
  private void outrank(List<Told> told) {
    database.change(
        handle -> {
          for (var each : told) {
            if (KnownTemplates.isBehind(handle, each.id(), each.number())) {
              ManifestChanges.outrank(handle, each.id(), each.number());
            }
          }
        });
    told.clear();
  }
}
