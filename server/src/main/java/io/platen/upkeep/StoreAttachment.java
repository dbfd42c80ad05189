package io.platen.upkeep;

import io.platen.chunkstore.StoreUnavailable;
import io.platen.database.Database;
import io.platen.site.Site;
import io.platen.site.StoreFile;
import io.platen.site.StoreIdentity;
import io.platen.template.ForgottenCopies;
import io.platen.template.IndexListing;
import io.platen.template.KnownTemplates;
import io.platen.template.Manifest;
import io.platen.template.ManifestChanges;
import io.platen.template.Manifests;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
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
  private final ForgottenCopies copies;

  public StoreAttachment(Site site, Database database, StoreIdentity identity) {
    this.site = site;
    this.database = database;
    this.identity = identity;
    this.manifests = new Manifests(site.manifests());
    copies = new ForgottenCopies(site.indexes(), site.name());
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
    var told = new ArrayList<Manifest>();
    manifests.list(
        id -> {
          read(id).ifPresent(told::add);
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

  /** The manifest of a template; empty where there is none that could be outranked. */
  private Optional<Manifest> read(String id) throws IOException {
    try {
      return manifests.read(id);
    } catch (StoreUnavailable e) {
      throw e;
    } catch (IOException e) {
      // What is damaged is written anew, whatever its number was. What a newer version wrote, or
      // somebody in its name, stays.
      LOG.warnf("not looked at: %s", e.getMessage());
      return Optional.empty();
    }
  }

  /** Outranks these, has the database know those that are copies, and forgets them. */
  private void outrank(List<Manifest> told) throws IOException {
    database.<IOException>change(
        handle -> {
          for (var each : told) {
            if (copies.find(handle, each)) {
              LOG.infof("the copy of %s in %s is known again", each.templateId(), site.place());
            }
            if (KnownTemplates.isBehind(handle, each.templateId(), each.number())) {
              ManifestChanges.outrank(handle, each.templateId(), each.number());
            }
          }
        });
    told.clear();
  }
}
