package io.platen.nbd;

/**
 * The numbers of the protocol (doc/proto.md, section "Values" unless said otherwise) and this
 * client's limits on what a server may send.
 */
final class Protocol {
  private Protocol() {}

  // Handshake, "Newstyle negotiation". ASCII "NBDMAGIC" and "IHAVEOPT".
  static final long INIT_MAGIC = 0x4e42444d41474943L;
  static final long OPTION_MAGIC = 0x49484156454f5054L;
  // "Oldstyle negotiation": cliserv_magic, in the place of OPTION_MAGIC.
  static final long OLDSTYLE_MAGIC = 0x00420281861253L;
  // "Fixed newstyle negotiation": magic of option replies.
  static final long OPTION_REPLY_MAGIC = 0x3e889045565a9L;

  static final int FLAG_FIXED_NEWSTYLE = 1;
  static final int FLAG_NO_ZEROES = 1 << 1;

  static final int OPT_ABORT = 2;
  static final int OPT_GO = 7;
  static final int OPT_STRUCTURED_REPLY = 8;
  static final int OPT_SET_META_CONTEXT = 10;

  static final int REP_ACK = 1;
  static final int REP_INFO = 3;
  static final int REP_META_CONTEXT = 4;
  static final int REP_ERR_TLS_REQD = 0x80000005;
  static final int REP_ERR_SHUTDOWN = 0x80000007;

  static final int INFO_EXPORT = 0;
  static final int INFO_BLOCK_SIZE = 3;

  static final int TRANSMISSION_HAS_FLAGS = 1;
  static final int TRANSMISSION_READ_ONLY = 1 << 1;
  static final int TRANSMISSION_SEND_DF = 1 << 7;
  static final int TRANSMISSION_MULTI_CONN = 1 << 8;

  // "Request message", "Simple reply message", "Structured reply chunk message".
  static final int REQUEST_MAGIC = 0x25609513;
  static final int SIMPLE_REPLY_MAGIC = 0x67446698;
  static final int STRUCTURED_REPLY_MAGIC = 0x668e33ef;
  static final int REQUEST_BYTES = 28;
  static final int SIMPLE_REPLY_BYTES = 16;
  static final int STRUCTURED_REPLY_BYTES = 20;

  static final int CMD_FLAG_DF = 1 << 2;

  static final int CMD_READ = 0;
  static final int CMD_DISC = 2;
  static final int CMD_BLOCK_STATUS = 7;

  static final int REPLY_FLAG_DONE = 1;
  static final int REPLY_NONE = 0;
  static final int REPLY_OFFSET_DATA = 1;
  static final int REPLY_OFFSET_HOLE = 2;
  static final int REPLY_BLOCK_STATUS = 5;
  static final int REPLY_ERROR_BIT = 1 << 15;
  static final int REPLY_ERROR = REPLY_ERROR_BIT + 1;
  static final int REPLY_ERROR_OFFSET = REPLY_ERROR_BIT + 2;

  static final int STATE_HOLE = 1;
  static final int STATE_ZERO = 1 << 1;

  static final int EOVERFLOW = 75;
  static final int ESHUTDOWN = 108;

  /** "Conventions": a string must be no longer than 4096 bytes. */
  static final int MAX_STRING = 4096;

  /** "Block size constraints": the minimum must not be larger than 2^16. */
  static final int MAX_MINIMUM_BLOCK = 1 << 16;

  /** "Block size constraints": what a client may send and ask for when nothing was stated. */
  static final int MAX_PAYLOAD = 32 << 20;

  /**
   * Option replies hold at most one string and a few numbers, so twice {@link #MAX_STRING} is
   * generous.
   */
  static final int MAX_OPTION_REPLY = 2 * MAX_STRING;

  /** Replies to one option: an INFO per kind of information, or a context each, with room. */
  static final int MAX_OPTION_REPLIES = 256;

  /** Contexts on one connection. QEMU has two and one per dirty bitmap. */
  static final int MAX_CONTEXTS = 64;

  /** Error chunks hold a string, an offset and whatever a later protocol adds. */
  static final int MAX_ERROR_PAYLOAD = 2 * MAX_STRING;

  /**
   * Pieces of one read that do not touch each other yet. Servers should cut at multiples of 512
   * bytes, and 32 MiB / 512 is this.
   */
  static final int MAX_FRAGMENTS = MAX_PAYLOAD / 512;

  /** Descriptors in one block status chunk; nbdkit sends up to this many, QEMU an eighth. */
  static final int MAX_DESCRIPTORS = 1 << 20;

  /**
   * Descriptors kept of one chunk after equal neighbours are merged. Those behind are checked and
   * dropped: the caller sees a shorter answer, and asks again from there.
   */
  static final int MAX_KEPT_DESCRIPTORS = 1 << 16;

  /** Longest block status request: the field is 32 bits, the largest alignment is 64 KiB. */
  static final long MAX_STATUS_LENGTH = (1L << 32) - MAX_MINIMUM_BLOCK;

  static String optionName(int option) {
    return switch (option) {
      case OPT_GO -> "NBD_OPT_GO";
      case OPT_STRUCTURED_REPLY -> "NBD_OPT_STRUCTURED_REPLY";
      case OPT_SET_META_CONTEXT -> "NBD_OPT_SET_META_CONTEXT";
      default -> "option " + Integer.toUnsignedString(option);
    };
  }

  static String replyName(int type) {
    return switch (type) {
      case REP_ACK -> "NBD_REP_ACK";
      case REP_INFO -> "NBD_REP_INFO";
      case REP_META_CONTEXT -> "NBD_REP_META_CONTEXT";
      case 0x80000001 -> "NBD_REP_ERR_UNSUP";
      case 0x80000002 -> "NBD_REP_ERR_POLICY";
      case 0x80000003 -> "NBD_REP_ERR_INVALID";
      case 0x80000004 -> "NBD_REP_ERR_PLATFORM";
      case REP_ERR_TLS_REQD -> "NBD_REP_ERR_TLS_REQD";
      case 0x80000006 -> "NBD_REP_ERR_UNKNOWN";
      case REP_ERR_SHUTDOWN -> "NBD_REP_ERR_SHUTDOWN";
      case 0x80000008 -> "NBD_REP_ERR_BLOCK_SIZE_REQD";
      case 0x80000009 -> "NBD_REP_ERR_TOO_BIG";
      default -> "reply 0x" + Integer.toHexString(type);
    };
  }

  static String errorName(int error) {
    return switch (error) {
      case 1 -> "EPERM";
      case 5 -> "EIO";
      case 12 -> "ENOMEM";
      case 22 -> "EINVAL";
      case 28 -> "ENOSPC";
      case EOVERFLOW -> "EOVERFLOW";
      case 95 -> "ENOTSUP";
      case ESHUTDOWN -> "ESHUTDOWN";
      default -> "errno " + Integer.toUnsignedString(error);
    };
  }
}
