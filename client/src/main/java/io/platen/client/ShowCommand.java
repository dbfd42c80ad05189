package io.platen.client;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.util.StringJoiner;

/** Shows one object, or one that was changed: a line for each field that is not empty. */
abstract class ShowCommand extends ApiCommand {
  private static final int NAMES = 22;

  abstract Api.Answer ask(Api api) throws IOException;

  @Override
  int run(Api api) throws IOException {
    var answer = ask(api);
    if (isJson()) {
      System.out.println(answer.text());
      return ExitStatus.DONE;
    }
    var object = answer.json().has("data") ? answer.json().path("data") : answer.json();
    for (var field : object.properties()) {
      var value = field.getValue();
      if (!value.isNull() && !(value.isContainerNode() && value.isEmpty())) {
        String text = value.isValueNode() ? value.asText() : list(value);
        line(field.getKey(), text);
      }
    }
    showMore(api, object);
    return ExitStatus.DONE;
  }

  /** Shows what the API says elsewhere of the object that was shown. */
  void showMore(Api api, JsonNode object) throws IOException {}

  static void line(String name, String text) {
    System.out.println(name + " ".repeat(Math.max(1, NAMES - name.length())) + text);
  }

  /** The machine types that can be had, by name; anything else as JSON. */
  private static String list(JsonNode value) {
    var labels = value.findValuesAsText("machineTypeLabel");
    if (labels.isEmpty()) {
      return value.toString();
    }
    var available = new StringJoiner(" ").setEmptyValue("none at present");
    for (var type : value) {
      if (type.path("isAvailable").asBoolean()) {
        available.add(type.path("machineTypeLabel").asText());
      }
    }
    return available.toString();
  }
}
