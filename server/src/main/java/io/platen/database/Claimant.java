package io.platen.database;

/**
 * A data directory that works on a database, or wants to.
 *
 * @param id the random id in the directory, which moves along with it
 * @param place the directory on this host until it restarts: a copy, a moved directory and another
 *     host's have another one
 * @param path where it is, for people
 * @param host the host's name, for people
 * @param process the id of the process
 */
public record Claimant(String id, String place, String path, String host, long process) {}
