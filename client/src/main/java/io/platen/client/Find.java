package io.platen.client;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.regex.Pattern;

/** Finds what people name: by id, or by a name that only one has. */
final class Find {
  /** The most that the API puts on a page. */
  static final String PAGE = "120";

  private static final int NOT_FOUND = 404;

  /** Pages looked through for a name: names contain each other, so the one meant may come late. */
  private static final int PAGES = 50;

  private static final Pattern MACHINE_ID = Pattern.compile("ps[a-z0-9]{10,}");

  private final Api api;

  Find(Api api) {
    this.api = api;
  }

  /** The object of an id or name. */
  JsonNode object(Kind kind, String idOrName) throws IOException {
    return find(kind, idOrName).orElseThrow(() -> missing(kind, idOrName));
  }

  /** Where the object of an id or name is, below the base of the API. */
  String path(Kind kind, String idOrName) throws IOException {
    return kind.path() + "/" + object(kind, idOrName).path("id").asText();
  }

  /**
   * Where an object is that is deleted and can be undeleted. Names of those that are not deleted do
   * not count.
   */
  String deletedPath(Kind kind, String idOrName) throws IOException {
    // By id they are not listed, and an id that is none of theirs the server refuses with a reason.
    var named = only(kind, idOrName, deleted(kind, idOrName));
    return kind.path()
        + "/"
        + named.map(each -> each.path("id").asText()).orElse(Api.encode(idOrName));
  }

  /** Where an object is that is deleted, or not; a name has to be the only one of both. */
  String anyPath(Kind kind, String idOrName) throws IOException {
    var byId = byId(kind, idOrName);
    if (byId.isPresent()) {
      return kind.path() + "/" + byId.get().path("id").asText();
    }
    var all = new ArrayList<>(named(kind, idOrName));
    all.addAll(deleted(kind, idOrName));
    var named = only(kind, idOrName, all);
    return kind.path()
        + "/"
        + named.map(each -> each.path("id").asText()).orElse(Api.encode(idOrName));
  }

  private List<JsonNode> deleted(Kind kind, String name) throws IOException {
    return list(
        kind.path(),
        Map.of("deleted", "true", "name", name),
        each -> name.equals(each.path("name").asText()));
  }

  /** The id of the machine of an id or name. A deleted machine's id still finds what it left. */
  String machineId(String idOrName) throws IOException {
    return MACHINE_ID.matcher(idOrName).matches()
        ? idOrName
        : object(Kind.MACHINE, idOrName).path("id").asText();
  }

  /** What a machine can be launched from: a custom template, or else an OS template. */
  JsonNode launchable(String idOrName) throws IOException {
    var custom = find(Kind.TEMPLATE, idOrName);
    return custom.isPresent() ? custom.get() : osTemplate(idOrName);
  }

  private JsonNode osTemplate(String idOrName) throws IOException {
    // They have no address each, so all of them are looked through.
    var all = list("/os-templates", Map.of(), _ -> true);
    for (var template : all) {
      if (template.path("id").asText().equals(idOrName)) {
        return template;
      }
    }
    var named = all.stream().filter(each -> idOrName.equals(each.path("name").asText())).toList();
    return only(Kind.TEMPLATE, idOrName, named).orElseThrow(() -> missing(Kind.TEMPLATE, idOrName));
  }

  private static Refused missing(Kind kind, String idOrName) {
    return new Refused(
        NOT_FOUND,
        "There is no %s with the id or name %s; \"platen %s list\" shows what there is."
            .formatted(kind.word(), idOrName, kind.word()));
  }

  private Optional<JsonNode> find(Kind kind, String idOrName) throws IOException {
    var byId = byId(kind, idOrName);
    return byId.isPresent() ? byId : only(kind, idOrName, named(kind, idOrName));
  }

  private Optional<JsonNode> byId(Kind kind, String id) throws IOException {
    try {
      return Optional.of(api.get(kind.path() + "/" + Api.encode(id)).json());
    } catch (Refused e) {
      if (e.status() == NOT_FOUND) {
        return Optional.empty();
      }
      throw e;
    }
  }

  private List<JsonNode> named(Kind kind, String name) throws IOException {
    return list(kind.path(), Map.of("name", name), each -> name.equals(each.path("name").asText()));
  }

  private static Optional<JsonNode> only(Kind kind, String name, List<JsonNode> found)
      throws IOException {
    if (found.size() > 1) {
      var lines = new StringBuilder();
      for (var each : found) {
        lines
            .append("\n  ")
            .append(each.path("id").asText())
            .append("  ")
            .append(each.path("dtCreated").asText());
      }
      throw new AmbiguousName(
          "%d %ss are named %s; use an id:%s".formatted(found.size(), kind.word(), name, lines));
    }
    return found.stream().findFirst();
  }

  /** What of a list fits, page after page. */
  List<JsonNode> list(String path, Map<String, String> query, Predicate<JsonNode> fits)
      throws IOException {
    var found = new ArrayList<JsonNode>();
    var request = new LinkedHashMap<>(query);
    request.put("limit", PAGE);
    for (int page = 0; page < PAGES; page++) {
      var answer = api.get(path, request).json();
      for (var item : answer.path("items")) {
        if (fits.test(item)) {
          found.add(item);
        }
      }
      if (!answer.path("hasMore").asBoolean()) {
        return found;
      }
      request.put("after", answer.path("nextPage").asText());
    }
    throw new IOException(
        "more than %d objects match; use an id".formatted(PAGES * Integer.parseInt(PAGE)));
  }
}
