/** Machine events, their progress, and the jobs behind them. */
@NullMarked
package io.platen.event;

import org.jspecify.annotations.NullMarked;
