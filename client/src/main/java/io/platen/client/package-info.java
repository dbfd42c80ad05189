/**
 * The commands that work over HTTP, from any machine. They know the API and nothing of the server,
 * so that they start in a moment.
 */
@NullMarked
package io.platen.client;

import org.jspecify.annotations.NullMarked;
