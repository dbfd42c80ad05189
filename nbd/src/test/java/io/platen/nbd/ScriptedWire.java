package io.platen.nbd;

import java.nio.ByteBuffer;

/** A wire whose server sends given bytes and then hangs up, whatever it is told. */
final class ScriptedWire implements Wire {
  private final ByteBuffer incoming;

  ScriptedWire(byte[] incoming) {
    this.incoming = ByteBuffer.wrap(incoming);
  }

  @Override
  public void receive(ByteBuffer dst) throws NbdConnectionException {
    if (incoming.remaining() < dst.remaining()) {
      throw new NbdConnectionException("end of script");
    }
    int length = dst.remaining();
    dst.put(incoming.slice(incoming.position(), length));
    incoming.position(incoming.position() + length);
  }

  @Override
  public void send(ByteBuffer src) {
    src.position(src.limit());
  }

  int unread() {
    return incoming.remaining();
  }
}
