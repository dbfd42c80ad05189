package io.platen.machine;

import io.platen.event.Event;

/** A machine and the event of what is under way for it. */
public record MachineAndEvent(Machine machine, Event event) {}
