/** The header Idempotency-Key: a request that is sent again is answered again, not done again. */
@NullMarked
package io.platen.idempotency;

import org.jspecify.annotations.NullMarked;
