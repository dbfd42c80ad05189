/**
 * Disk images as indexes of content-addressed chunks, in the casync format.
 *
 * <p>{@link io.platen.chunkstore.ImageWriter} captures an {@link io.platen.chunkstore.ImageSource}
 * into a {@link io.platen.chunkstore.ChunkStore} and publishes its {@link
 * io.platen.chunkstore.Index}; {@link io.platen.chunkstore.ImageReader} restores it to a sparse
 * file. Both work on one chunk at a time in the buffers of {@link io.platen.chunkstore.Workspaces},
 * so memory depends neither on the size of images nor on how many are at work.
 *
 * <p>What a store is made of shows in no interface: {@link io.platen.chunkstore.StoredChunks} are
 * read, also beside the process that adds to them; a {@link io.platen.chunkstore.ChunkStore} is
 * added to, by sessions; its {@link io.platen.chunkstore.StoreMaintenance} removes what nothing
 * needs and sets bad chunks aside; an {@link io.platen.chunkstore.IndexStore} has the indexes.
 * Every store keeps the contracts in {@code io.platen.chunkstore.contract}, which the tests hold.
 * Failures are types:
 *
 * <table>
 * <caption>What a store throws, and what that says</caption>
 * <tr><td>ChunkMissing, IndexMissing</td><td>it is not there</td></tr>
 * <tr><td>ChunkCorrupt, IndexCorrupt</td><td>other bytes are there</td></tr>
 * <tr><td>ChunkUnreadable</td><td>its medium does not give it back: it is lost where it is</td></tr>
 * <tr><td>StoreFull</td><td>there is no room</td></tr>
 * <tr><td>StoreInUse</td><td>another process has it, and it is for one</td></tr>
 * <tr><td>StoreUnavailable</td>
 *   <td>it could not be asked, which says nothing of what it holds: try again later</td></tr>
 * </table>
 *
 * <p>What holds whenever the machine or the process dies:
 *
 * <ul>
 *   <li>A chunk has its name only when its bytes are durable, and is never written again.
 *   <li>An index has its name only when every chunk that it names is durable under its own.
 *   <li>What was stored for an index that was not published is found and used by the next attempt.
 * </ul>
 *
 * <p>Chunks that nothing needs are removed while all of that goes on. What every store promises:
 * nothing goes that an index names which is needed and was published before the collection ended,
 * nor what an open session has claimed. How a directory keeps it ({@code FileChunkStore}, {@code
 * Collector}): one process has it, so its pins are in memory, and no clock plays a part:
 *
 * <table>
 * <caption>How a chunk could be lost, and what prevents it</caption>
 * <tr><th>beside</th><th>collect, mark</th><th>collect, sweep</th><th>set aside (repair)</th></tr>
 * <tr><td>claim of a stored chunk</td>
 *   <td>changes nothing in the store</td>
 *   <td>The claim pins, then enters the lock of the write-behind, then looks for the file. The sweep
 *     looks at the pins and unlinks inside one hold of that lock. Lock first: the sweep sees the pin
 *     and keeps the file. Sweep first: the claim finds no file, and the chunk is stored again.</td>
 *   <td>as the sweep</td></tr>
 * <tr><td>put of a new chunk</td>
 *   <td>-</td>
 *   <td>pinned before; and until its name is durable it is "unsettled", which the sweep keeps too,
 *     since others claim it without a look at the file</td>
 *   <td>as the sweep</td></tr>
 * <tr><td>index published or replaced, session closed</td>
 *   <td>Before the indexes are listed: it is listed, and read as it is then. After: its session was
 *     open when the collection began, or later, and the pins of sessions that close during a
 *     collection are kept until it ends.</td>
 *   <td>the same</td>
 *   <td>Refused while a session has the chunk claimed. An index published before is found by the
 *     walk over all indexes that follows.</td></tr>
 * <tr><td>index removed</td>
 *   <td>A file that is gone ends the collection unless the owner of the roots says that nothing
 *     needs it.</td>
 *   <td>its chunks stay until the next collection</td><td>-</td></tr>
 * <tr><td>restore</td>
 *   <td>-</td><td>reads only what an index names that is a root as long as it is needed</td>
 *   <td>a bad chunk is no loss to it</td></tr>
 * <tr><td>verify, account, look</td>
 *   <td>read only</td>
 *   <td>Before a missing chunk is reported, the indexes are listed anew. A chunk that is gone
 *     has no size.</td><td>the same</td></tr>
 * <tr><td>collect</td><td colspan="2">one at a time</td><td>either finds the file gone</td></tr>
 * <tr><td>a directory made or removed</td><td>-</td>
 *   <td>a lock of its own; a directory with a chunk in it can't be removed</td><td>-</td></tr>
 * <tr><td>kill -9, power loss</td>
 *   <td>nothing was changed</td>
 *   <td>Unlinking is atomic, and only garbage is unlinked: the rest is found by the next collection.
 *     A chunk that comes back with the power is garbage again. No session survives, so no pin need
 *     do.</td>
 *   <td>renaming is atomic</td></tr>
 * <tr><td>clock jump</td><td colspan="3">no time is compared</td></tr>
 * </table>
 *
 * <p>Threads that work on chunks are never interrupted: the JDK closes the file of an interrupted
 * reader, and files are shared. Operations are stopped by {@link io.platen.chunkstore.Cancellation}
 * or by interrupting the thread that waits for one.
 */
@NullMarked
package io.platen.chunkstore;

import org.jspecify.annotations.NullMarked;
