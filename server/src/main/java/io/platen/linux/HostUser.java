package io.platen.linux;

import com.sun.security.auth.module.UnixSystem;
import java.io.IOException;
import java.nio.file.FileSystems;
import java.nio.file.attribute.UserPrincipal;

/** Users of this host. Two are equal where their numbers are. */
public final class HostUser {
  private static final long OWN = new UnixSystem().getUid();

  private HostUser() {}

  /** The number of the user that this process runs as. */
  public static long ownId() {
    return OWN;
  }

  /** The user that this process runs as. */
  public static UserPrincipal own() throws IOException {
    return of(Long.toString(OWN));
  }

  /** A user by name or number. */
  public static UserPrincipal of(String nameOrNumber) throws IOException {
    return FileSystems.getDefault()
        .getUserPrincipalLookupService()
        .lookupPrincipalByName(nameOrNumber);
  }

  /** Whether this process may do everything to everybody's files. */
  public static boolean isRoot() {
    return OWN == 0;
  }
}
