package io.platen.nbd;

import java.nio.ByteBuffer;

/** A byte stream to and from a server: a socket, or a script in tests. */
interface Wire {
  /** Fills {@code dst} from position to limit. The buffer stays the caller's. */
  void receive(ByteBuffer dst) throws NbdConnectionException;

  /** Sends {@code src} from position to limit. The buffer stays the caller's. */
  void send(ByteBuffer src) throws NbdConnectionException;
}
