package io.platen.model;

/** Who sends a request: the key, and the team it acts for. */
public record Caller(String keyId, String teamId, String teamName, boolean readOnly) {}
