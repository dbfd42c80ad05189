package io.platen.database;

/** The database engines, and what the schema has to say differently for each. */
public enum Dialect {
  SQLITE(
      "sqlite",
      "",
      "INTEGER PRIMARY KEY",
      "BIGINT",
      "BLOB",
      "CAST(unixepoch('subsec') * 1000 AS INTEGER)",
      "''",
      "''"),
  POSTGRESQL(
      "postgresql",
      "COLLATE \"C\"",
      "BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY",
      "TIMESTAMP WITH TIME ZONE",
      "BYTEA",
      "CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000 AS BIGINT)",
      "SUBSTR(host, 1, 50)",
      """
      (SELECT system_identifier FROM pg_control_system())
      || '/' || (SELECT oid FROM pg_database WHERE datname = current_database())""");

  private final String label;
  private final String byteOrder;
  private final String serialType;
  private final String instantType;
  private final String bytesType;
  private final String now;
  private final String firstNode;
  private final String place;

  Dialect(
      String label,
      String byteOrder,
      String serialType,
      String instantType,
      String bytesType,
      String now,
      String firstNode,
      String place) {
    this.label = label;
    this.serialType = serialType;
    this.byteOrder = byteOrder;
    this.instantType = instantType;
    this.bytesType = bytesType;
    this.now = now;
    this.firstNode = firstNode;
    this.place = place;
  }

  /** The engine that a JDBC URL names. */
  public static Dialect of(String url) {
    if (url.startsWith("jdbc:sqlite:")) {
      return SQLITE;
    }
    if (url.startsWith("jdbc:postgresql:")) {
      return POSTGRESQL;
    }
    throw new IllegalArgumentException(
        "database URL \"" + url + "\" is neither jdbc:sqlite: nor jdbc:postgresql:");
  }

  /**
   * The collation that orders text by its UTF-8 bytes, which is by code point. It is SQLite's
   * default.
   */
  String byteOrder() {
    return byteOrder;
  }

  /** What a database of this kind is called, such as {@code sqlite}. */
  public String label() {
    return label;
  }

  /** A primary key that counts up. */
  String serialType() {
    return serialType;
  }

  String instantType() {
    return instantType;
  }

  String bytesType() {
    return bytesType;
  }

  /** The name of the node whose database it was before nodes had names. */
  String firstNode() {
    return firstNode;
  }

  /** The database's own clock, in milliseconds since 1970. */
  public String now() {
    return now;
  }

  /**
   * What tells a database from one that was made of its dump, and has the same rows: on PostgreSQL
   * the cluster's own number and the database's in it. Of an SQLite file nothing does.
   */
  String place() {
    return place;
  }
}
