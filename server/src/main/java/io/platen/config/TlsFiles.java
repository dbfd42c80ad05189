package io.platen.config;

import java.nio.file.Path;
import java.util.OptionalInt;

/**
 * What the server needs to speak TLS.
 *
 * @param certificate PEM: its certificate, then those that lead to a root
 * @param key PEM: the private key of the first certificate, not encrypted
 * @param plainPort the port on 127.0.0.1 where HTTP is spoken without TLS; empty for none
 */
public record TlsFiles(Path certificate, Path key, OptionalInt plainPort) {}
