package io.platen.hypervisor;

import io.platen.nbd.NbdContext;

/**
 * Where it is served what was written to a running machine's disk since an earlier time. What was
 * written after the moment of the copy is in it as well, and is read without need.
 *
 * @param bitmap the name of the bitmap that was begun at that time
 * @param export the export that tells it
 * @param context of that export
 */
public record WrittenSince(String bitmap, String export, NbdContext context) {}
