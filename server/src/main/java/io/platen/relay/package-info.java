/**
 * What only one node can show is asked of that node by the one that was asked, with a token of the
 * database that is good for this one request.
 */
@NullMarked
package io.platen.relay;

import org.jspecify.annotations.NullMarked;
