package io.platen.team;

import java.time.Instant;

/** The owner of machines, templates and events. */
public record Team(String id, String name, Instant dtCreated) {}
