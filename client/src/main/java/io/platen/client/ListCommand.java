package io.platen.client;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.Map;
import picocli.CommandLine.Option;

/** Lists a team's objects, newest first. */
abstract class ListCommand extends ApiCommand {
  @Option(names = "--all", description = "Every page, not only the first 20.")
  private boolean all;

  abstract String path();

  abstract Map<String, String> query(Api api) throws IOException;

  abstract String[] headings();

  abstract Object[] row(JsonNode item);

  @Override
  int run(Api api) throws IOException {
    var table = new Table(headings());
    var query = new LinkedHashMap<>(query(api));
    if (all) {
      query.put("limit", Find.PAGE);
    }
    while (true) {
      var answer = api.get(path(), query);
      if (isJson()) {
        System.out.println(answer.text());
      }
      answer.json().path("items").forEach(item -> table.row(row(item)));
      boolean more = answer.json().path("hasMore").asBoolean();
      if (!more || !all) {
        if (!isJson()) {
          table.print(System.out);
          if (more) {
            System.err.println("There are more: --all lists them.");
          }
        }
        return ExitStatus.DONE;
      }
      query.put("after", answer.json().path("nextPage").asText());
    }
  }

  /** A field as text; "-" where it is empty. */
  static String text(JsonNode item, String field) {
    var value = item.path(field);
    return value.isNull() || value.isMissingNode() || value.asText().isEmpty()
        ? "-"
        : value.asText();
  }
}
