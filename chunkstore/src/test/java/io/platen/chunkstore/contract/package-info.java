/**
 * What every store is tried with, whatever it is made of: a contract for each interface, stores
 * that fail on purpose, and images to fill them with. A test of a store extends the contracts and
 * says how to make one.
 */
@NullMarked
package io.platen.chunkstore.contract;

import org.jspecify.annotations.NullMarked;
