/**
 * What tests of the whole application share: its processes, clients of it, hosts and disks to use
 * it with.
 */
@NullMarked
package io.platen.support;

import org.jspecify.annotations.NullMarked;
