package io.platen.s3store;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.services.s3.model.ListObjectsV2Request;
import software.amazon.awssdk.services.s3.model.ListObjectsV2Response;
import software.amazon.awssdk.services.s3.model.S3Object;

/** Lists what is below a location's prefix, page by page. */
final class Lists {
  /** The most that a page holds; the protocol's limit. */
  private static final int PAGE = 1000;

  /** The character behind the slash: behind all that is below a name, and before all else. */
  private static final char AFTER_SLASH = '0';

  private final S3Connection connection;
  private final Requests requests;
  private final String bucket;
  private final String prefix;

  Lists(S3Connection connection, Requests requests, String bucket, String prefix) {
    this.connection = connection;
    this.requests = requests;
    this.bucket = bucket;
    this.prefix = prefix;
  }

  /** An object of a list. */
  @FunctionalInterface
  interface ObjectVisitor {
    /** False ends the list. */
    boolean visit(String key, long bytes) throws IOException;
  }

  /**
   * Lists objects in the order of their keys.
   *
   * @param start what their keys begin with
   * @param after only those whose keys are greater; null for all
   * @return whether all were visited
   */
  boolean objects(String start, @Nullable String after, ObjectVisitor visitor) throws IOException {
    return visitPages(
        start,
        ListObjectsV2Request.builder().startAfter(after == null ? null : prefix + after),
        visitor);
  }

  /** Lists the objects whose keys have no slash but those that they begin with. */
  boolean folder(String start, ObjectVisitor visitor) throws IOException {
    return visitPages(start, ListObjectsV2Request.builder().delimiter("/"), visitor);
  }

  private boolean visitPages(
      String start, ListObjectsV2Request.Builder request, ObjectVisitor visitor)
      throws IOException {
    return pages(
        start,
        request,
        page -> {
          for (S3Object object : page.contents()) {
            if (!visitor.visit(object.key().substring(prefix.length()), object.size())) {
              return false;
            }
          }
          return true;
        });
  }

  /**
   * The names before the first slash of keys that begin so, each with that slash. Each is found by
   * a list of one object that begins behind the name before: not every server tells of what keys
   * have in common where more slashes follow.
   *
   * @param start without a slash
   */
  List<String> folders(String start) throws IOException {
    List<String> names = new ArrayList<>();
    String key = first(start, null);
    while (key != null) {
      int slash = key.indexOf('/');
      if (slash >= 0) {
        names.add(key.substring(0, slash + 1));
      }
      key = first(start, slash < 0 ? key : key.substring(0, slash) + AFTER_SLASH);
    }
    return names;
  }

  /** The first key that begins so and is greater; null where there is none. */
  private @Nullable String first(String start, @Nullable String after) throws IOException {
    AtomicReference<@Nullable String> found = new AtomicReference<>();
    visitPages(
        start,
        ListObjectsV2Request.builder().startAfter(after == null ? null : prefix + after).maxKeys(1),
        (key, bytes) -> {
          found.set(key);
          return false;
        });
    String key = found.get();
    if (key != null && after != null && key.compareTo(after) <= 0) {
      throw requests.strange(
          "LIST %s behind %s was answered with %s: the server must know ListObjectsV2's start-after"
              .formatted(start, after, key));
    }
    return key;
  }

  /** Hears of a page of a list. */
  @FunctionalInterface
  private interface PageVisitor {
    /** False ends the list. */
    boolean visit(ListObjectsV2Response page) throws IOException;
  }

  /**
   * Asks for the pages of a list, of which any may hold little or nothing. What is not wholly told
   * is no list: what it leaves out would be taken for missing.
   */
  private boolean pages(String start, ListObjectsV2Request.Builder request, PageVisitor visitor)
      throws IOException {
    request.bucket(bucket).prefix(prefix + start);
    String what = "LIST " + start;
    String token = null;
    do {
      ListObjectsV2Response page =
          requests.ask(what, () -> connection.retrying().listObjectsV2(request.build()));
      if (!isList(page)) {
        throw requests.strange(
            what + " was answered, but by no list: check that the endpoint is an S3 server's");
      }
      boolean more = goesOn(page);
      String next = more ? page.nextContinuationToken() : null;
      if (more && (next == null || next.equals(token))) {
        throw requests.strange(
            what
                + " was answered by a part of a list that does not say how to continue: the server"
                + " must know ListObjectsV2");
      }
      if (!visitor.visit(page)) {
        return false;
      }
      token = next;
      request.continuationToken(token);
    } while (token != null);
    return true;
  }

  /** Where the page does not say so, it does if it names the next one, or has no room for more. */
  private static boolean goesOn(ListObjectsV2Response page) {
    Boolean said = page.isTruncated();
    return said != null
        ? said
        : page.nextContinuationToken() != null
            || page.contents().size() + page.commonPrefixes().size() >= PAGE;
  }

  /** Servers leave out one or the other of what a list says of itself, and none of them all. */
  private static boolean isList(ListObjectsV2Response page) {
    return page.isTruncated() != null || page.name() != null || page.keyCount() != null;
  }
}
