/**
 * Makes a copy of a machine a machine of its own: what a system believes of itself, changed on its
 * new disk while no guest runs on it, and given to cloud-init.
 */
@NullMarked
package io.platen.identity;

import org.jspecify.annotations.NullMarked;
