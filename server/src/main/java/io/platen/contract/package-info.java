/** The OpenAPI document: what annotations can't say of every endpoint alike. */
@NullMarked
package io.platen.contract;

import org.jspecify.annotations.NullMarked;
