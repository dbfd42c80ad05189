@NullMarked
package io.platen.s3store;

import org.jspecify.annotations.NullMarked;
