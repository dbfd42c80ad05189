package io.platen.rest;

import io.platen.model.Issues;

/**
 * A request's body, read as the record that describes it in the OpenAPI document as well.
 *
 * <p>What is missing or wrong is among the issues, and its component is null, false, 0 or empty; so
 * the caller may go on checking, and throws once for everything.
 */
public final class ReadBody<T extends Record> {
  private final RecordBinding<T> binding;
  private final JsonBody json;
  private final T value;

  private ReadBody(RecordBinding<T> binding, JsonBody json) {
    this.binding = binding;
    this.json = json;
    value = binding.read(json);
  }

  /**
   * Reads a body.
   *
   * @throws ApiException as {@link JsonBody#parse} does
   */
  public static <T extends Record> ReadBody<T> of(byte[] json, Class<T> type) {
    var binding = RecordBinding.of(type);
    return new ReadBody<>(binding, JsonBody.parse(json, binding.names()));
  }

  /** As {@link #of}, where nothing else is to be checked. */
  public static <T extends Record> T checked(byte[] json, Class<T> type) {
    var body = of(json, type);
    body.issues().throwIfAny();
    return body.value();
  }

  public T value() {
    return value;
  }

  public Issues issues() {
    return json.issues();
  }

  /** Whether the field was sent, and is not null. */
  public boolean has(String field) {
    return binding.names().contains(field) && json.has(field);
  }

  /** Whether the field asks for something: it is there, and neither false, 0, empty nor "none". */
  public boolean asks(String field) {
    return binding.names().contains(field) && json.asks(field);
  }
}
