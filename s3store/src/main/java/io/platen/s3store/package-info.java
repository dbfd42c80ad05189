/**
 * The store in a bucket of an S3 server, which any number of processes share: the interfaces of
 * {@code chunkstore} over the SDK of AWS, laid out as a directory store is.
 *
 * <p>S3 has no locks and no fences: a request of a process that was stopped, or that everybody
 * believes dead, may take effect at any later time. What the processes agree upon is in a database
 * that they share, the {@link io.platen.s3store.Ledger}. Every transaction and every request is one
 * step, and anything may happen between two of them. How a chunk could be lost, and what prevents
 * it; a model in the tests of the server tries every order:
 *
 * <table>
 * <caption>Rules, by who keeps them</caption>
 * <tr><th>who</th><th>rule</th><th>without it</th></tr>
 * <tr><td>session</td>
 *   <td>Its row, with the store's generation, comes first. What was noted of chunks is read after
 *     it, or asked for chunk by chunk ({@code SessionNotes}); S3 is asked last. A condemned chunk
 *     that it needs is condemned no more; one that is being deleted is waited for.</td>
 *   <td>a chunk that it found is deleted before its index names it</td></tr>
 * <tr><td>session</td>
 *   <td>It takes a chunk for granted that a root names, if that was a root after the look.</td>
 *   <td>the root goes, and the chunk with it, before it is named again</td></tr>
 * <tr><td>session</td>
 *   <td>Its row goes in the transaction in which its template becomes complete; without the row no
 *     template does. Whose process is believed dead loses its row.</td>
 *   <td>a collection deletes before the template names the chunk</td></tr>
 * <tr><td>session</td>
 *   <td>What it makes has its number in the key ({@code Attempts}), which no other one ever has. The
 *     template's row says which number counts.</td>
 *   <td>a put that comes late replaces the index that was published</td></tr>
 * <tr><td>collection</td>
 *   <td>It begins by taking the lease, from nobody who is believed to live, forgets what others
 *     condemned, and moves what they were deleting to its next epoch. Each of its transactions
 *     checks the lease.</td>
 *   <td>it deletes what an earlier one condemned under older roots</td></tr>
 * <tr><td>collection</td>
 *   <td>It reads the roots, lists, condemns, and raises the generation; then waits until no session
 *     of an older generation has a row; then pardons what new roots name.</td>
 *   <td>a session that looked before, and publishes after, loses its chunks</td></tr>
 * <tr><td>collection</td>
 *   <td>A DELETE is sent once, for chunks that are noted as being deleted. Those whose DELETE was
 *     not answered move to their next epoch, which is another key.</td>
 *   <td>it takes effect after the chunk was put again</td></tr>
 * <tr><td>anyone</td>
 *   <td>Objects below their chunk's epoch may be deleted at any time. A collection leaves those of
 *     a chunk that a root names and that has no object at its epoch: nothing but a bucket that was put
 *     back from an older copy looks so.</td><td>-</td></tr>
 * <tr><td>repair</td>
 *   <td>A bad chunk is marked, and nothing is deleted or moved; a session puts what is marked.</td>
 *   <td>a session that found it names a chunk that is gone</td></tr>
 * </table>
 */
@NullMarked
package io.platen.s3store;

import org.jspecify.annotations.NullMarked;
