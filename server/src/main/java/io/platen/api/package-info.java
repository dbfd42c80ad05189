/** What the HTTP resources share: errors, ids, paging, request bodies. */
@NullMarked
package io.platen.api;

import org.jspecify.annotations.NullMarked;
