package io.platen.template;

import org.jspecify.annotations.Nullable;

/**
 * What is lost of a template.
 *
 * @param what in words
 * @param chunk one of the chunks that are lost, in hexadecimal; null where its index is
 */
public record Damage(String templateId, String what, @Nullable String chunk) {}
