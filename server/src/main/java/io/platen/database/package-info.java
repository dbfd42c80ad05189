/** The metadata database: connections, transactions, migrations. */
@NullMarked
package io.platen.database;

import org.jspecify.annotations.NullMarked;
