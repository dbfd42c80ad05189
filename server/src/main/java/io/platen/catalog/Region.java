package io.platen.catalog;

/**
 * Where machines and templates are.
 *
 * @param name the short name, used in answers
 * @param longName the other name that requests may use
 */
public record Region(String name, String longName) {}
