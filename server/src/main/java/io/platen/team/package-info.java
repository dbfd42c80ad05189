/** Teams, API keys and authentication. */
@NullMarked
package io.platen.team;

import org.jspecify.annotations.NullMarked;
