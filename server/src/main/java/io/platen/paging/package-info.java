/** Lists page by page: requests, cursors, queries. */
@NullMarked
package io.platen.paging;

import org.jspecify.annotations.NullMarked;
