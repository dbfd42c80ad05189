package io.platen.support;

import java.nio.file.Files;
import java.nio.file.Path;

/** Makes clients of the document that a server sends, with openapi-generator. */
public final class GeneratedClient {
  private static final Path GENERATOR =
      Path.of("target", "tools", "openapi-generator.jar").toAbsolutePath();

  private GeneratedClient() {}

  /**
   * Makes a client.
   *
   * @param generator its name, such as java
   * @param properties of the generator, each {@code name=value}
   * @return the directory that it is in
   */
  public static Path make(Client server, Path root, String generator, String properties)
      throws Exception {
    Path document = root.resolve("openapi.json");
    Files.writeString(document, server.get("/openapi.json").text());
    Path made = root.resolve(generator);
    Program.succeed(
        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
        "-XX:TieredStopAtLevel=1",
        "-jar",
        GENERATOR.toString(),
        "generate",
        "-g",
        generator,
        "-i",
        document.toString(),
        "-o",
        made.toString(),
        "--additional-properties=" + properties,
        "--global-property=apis,models,supportingFiles,apiDocs=false,modelDocs=false,apiTests=false,modelTests=false");
    return made;
  }
}
