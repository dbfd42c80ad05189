package io.platen.machine;

/**
 * What the disk of a launched machine stands on.
 *
 * @param templateId the template it was launched from, whose index describes the base image
 * @param indexDigest the SHA-256 of that index, in hexadecimal
 */
public record BaseTemplate(String templateId, String indexDigest) {}
