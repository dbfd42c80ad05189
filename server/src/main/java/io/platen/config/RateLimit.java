package io.platen.config;

/**
 * How many requests each API key may send.
 *
 * @param requestsPerSecond in the long run
 * @param burst at once, after a rest
 */
public record RateLimit(double requestsPerSecond, int burst) {}
