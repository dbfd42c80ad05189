package io.platen.nbd;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/** Bytes of a server, written down message by message. Numbers are the protocol's, on purpose. */
final class Script {
  private final ByteArrayOutputStream out = new ByteArrayOutputStream();

  byte[] bytes() {
    return out.toByteArray();
  }

  Script raw(byte[] bytes) {
    out.writeBytes(bytes);
    return this;
  }

  Script u16(int value) {
    return raw(ByteBuffer.allocate(2).putShort((short) value).array());
  }

  Script u32(long value) {
    return raw(ByteBuffer.allocate(4).putInt((int) value).array());
  }

  Script u64(long value) {
    return raw(ByteBuffer.allocate(8).putLong(value).array());
  }

  Script text(String text) {
    return raw(text.getBytes(StandardCharsets.UTF_8));
  }

  Script greeting() {
    return text("NBDMAGICIHAVEOPT").u16(3);
  }

  Script optionReply(int option, long type, byte[] data) {
    return u64(0x3e889045565a9L).u32(option).u32(type).u32(data.length).raw(data);
  }

  Script ack(int option) {
    return optionReply(option, 1, new byte[0]);
  }

  Script context(long id, String name) {
    return optionReply(10, 4, new Script().u32(id).text(name).bytes());
  }

  Script exportInfo(long size) {
    return optionReply(7, 3, new Script().u16(0).u64(size).u16(3).bytes());
  }

  Script blockSizes(long minimum, long preferred, long maximum) {
    return optionReply(7, 3, new Script().u16(3).u32(minimum).u32(preferred).u32(maximum).bytes());
  }

  /** A handshake that grants structured replies and both contexts, ids 1 and 2. */
  Script handshake(long size) {
    return greeting()
        .ack(8)
        .context(1, "base:allocation")
        .context(2, "qemu:allocation-depth")
        .ack(10)
        .exportInfo(size)
        .ack(7);
  }

  /** A handshake without structured replies. */
  Script simpleHandshake(long size) {
    return greeting().optionReply(8, 0x80000001L, new byte[0]).exportInfo(size).ack(7);
  }

  Script simpleReply(int error, long handle) {
    return u32(0x67446698).u32(error).u64(handle);
  }

  Script chunk(boolean done, int type, long handle, byte[] payload) {
    return chunkHeader(done, type, handle, payload.length).raw(payload);
  }

  Script chunkHeader(boolean done, int type, long handle, long length) {
    return u32(0x668e33ef).u16(done ? 1 : 0).u16(type).u64(handle).u32(length);
  }

  Script data(boolean done, long handle, long offset, byte[] data) {
    return chunk(done, 1, handle, new Script().u64(offset).raw(data).bytes());
  }

  Script hole(boolean done, long handle, long offset, long length) {
    return chunk(done, 2, handle, new Script().u64(offset).u32(length).bytes());
  }

  Script none(long handle) {
    return chunk(true, 0, handle, new byte[0]);
  }

  Script error(boolean done, long handle, int error, String message) {
    return chunk(
        done, 0x8001, handle, new Script().u32(error).u16(message.length()).text(message).bytes());
  }

  Script errorAt(boolean done, long handle, int error, String message, long offset) {
    return chunk(
        done,
        0x8002,
        handle,
        new Script().u32(error).u16(message.length()).text(message).u64(offset).bytes());
  }

  /** Block status; descriptors are pairs of length and flags. */
  Script status(boolean done, long handle, long context, long... descriptors) {
    Script payload = new Script().u32(context);
    for (long field : descriptors) {
      payload.u32(field);
    }
    return chunk(done, 5, handle, payload.bytes());
  }
}
