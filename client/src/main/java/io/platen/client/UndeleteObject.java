package io.platen.client;

import java.io.IOException;
import java.util.Map;

/** Brings back one deleted object of a kind. */
abstract class UndeleteObject extends ChangeObject {
  UndeleteObject(Kind kind) {
    super(kind);
  }

  @Override
  final String path(Find find, Kind kind, String idOrName) throws IOException {
    return find.deletedPath(kind, idOrName);
  }

  @Override
  final Api.Answer ask(Api api, String path) throws IOException {
    return api.post(path + "/undelete", Map.of());
  }

  @Override
  final String done() {
    return "is back";
  }
}
