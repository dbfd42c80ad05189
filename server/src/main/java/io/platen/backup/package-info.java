/**
 * Dumps of the database in the store, and what a database is made of again from them.
 *
 * <p>A dump is a file of JSON lines, compressed with zstd: a header ({@link
 * io.platen.backup.DumpHeader}); for each table a line that names it and its columns, then each row
 * as an array; and a last line with the number of rows and the SHA-256 of all lines before, so that
 * a dump that was cut off is known. It is the same for SQLite and PostgreSQL.
 */
@NullMarked
package io.platen.backup;

import org.jspecify.annotations.NullMarked;
