/**
 * Disk images as indexes of content-addressed chunks, in the casync format.
 *
 * <p>{@link io.platen.chunkstore.ImageWriter} captures an {@link io.platen.chunkstore.ImageSource}
 * into a {@link io.platen.chunkstore.ChunkStore} and publishes its {@link
 * io.platen.chunkstore.Index}; {@link io.platen.chunkstore.ImageReader} restores it to a sparse
 * file. Both work on one chunk at a time in the buffers of {@link io.platen.chunkstore.Workspaces},
 * so memory depends neither on the size of images nor on how many are at work.
 *
 * <p>What holds whenever the machine or the process dies:
 *
 * <ul>
 *   <li>A chunk's file has its final name only when its bytes are durable, and is never written
 *       again.
 *   <li>An index has its final name only when every chunk that it names is durable under its own.
 *   <li>What was stored for an index that was not published is found and used by the next attempt.
 * </ul>
 *
 * <p>Threads that work on chunks are never interrupted: the JDK closes the file of an interrupted
 * reader, and files are shared. Operations are stopped by {@link io.platen.chunkstore.Cancellation}
 * or by interrupting the thread that waits for one.
 */
@NullMarked
package io.platen.chunkstore;

import org.jspecify.annotations.NullMarked;
