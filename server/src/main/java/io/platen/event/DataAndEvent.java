package io.platen.event;

/** The answer to a request behind which work goes on: the object, and the event to poll. */
public record DataAndEvent<T>(T data, EventView event) {}
