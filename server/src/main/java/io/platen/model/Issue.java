package io.platen.model;

/**
 * One thing wrong with a request.
 *
 * @param path the parameter or field
 * @param message what is wrong with its value and what would be right
 */
public record Issue(String path, String message) {}
