package io.platen.s3store;

import java.net.UnknownHostException;
import java.util.OptionalInt;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.services.s3.model.S3Exception;

/** What a server's answer to a request that failed says. */
final class Answer {
  static final int FORBIDDEN = 403;
  static final int NOT_FOUND = 404;
  static final int PRECONDITION_FAILED = 412;
  private static final int REQUEST_TIMEOUT = 408;
  private static final int NO_ROOM = 507;

  /** How a server says that it does not know a request, or misses something in it. */
  private static final Set<Integer> NOT_UNDERSTOOD = Set.of(400, 405, 411, 501);

  private static final Set<String> OTHER_REGION =
      Set.of("AuthorizationHeaderMalformed", "InvalidRegion");
  private static final Set<String> FULL = Set.of("QuotaExceeded", "XMinioStorageFull");

  private Answer() {}

  /** Whether a deletion was answered that there is no such object, which some servers do. */
  static boolean isMissing(SdkException e) {
    return status(e).orElse(0) == NOT_FOUND && "NoSuchKey".equals(code(e));
  }

  /** Whether an answer says that nothing was done, for sure. */
  static boolean isRefusal(SdkException e) {
    int status = status(e).orElse(0);
    return status >= 300 && status < 500 && status != REQUEST_TIMEOUT;
  }

  /** Whether the server does not know the request, and so has done nothing. */
  static boolean isNotUnderstood(SdkException e) {
    return NOT_UNDERSTOOD.contains(status(e).orElse(0));
  }

  /** Whether the server has no room for what was to be stored. */
  static boolean isFull(SdkException e) {
    String code = code(e);
    return status(e).orElse(0) == NO_ROOM || (code != null && FULL.contains(code));
  }

  /** Whether it says of the server that it can't be used, and not only of what was asked. */
  static boolean isOutage(SdkException e) {
    int status = status(e).orElse(0);
    return status == 0 || status >= 500 || status == FORBIDDEN || status == NOT_FOUND;
  }

  /** The status; empty where there was no answer. */
  static OptionalInt status(SdkException e) {
    return e instanceof S3Exception s3 && s3.statusCode() > 0
        ? OptionalInt.of(s3.statusCode())
        : OptionalInt.empty();
  }

  /** Answers to HEAD have no code. */
  static @Nullable String code(SdkException e) {
    return e instanceof S3Exception s3 && s3.awsErrorDetails() != null
        ? s3.awsErrorDetails().errorCode()
        : null;
  }

  /** For people: what was asked, what came of it, and what to do. */
  static String words(String what, SdkException e) {
    OptionalInt status = status(e);
    if (status.isEmpty()) {
      return what + " got no answer: " + innermost(e);
    }
    String code = code(e);
    return what
        + " was answered "
        + status.getAsInt()
        + (code == null ? "" : " " + code)
        + remedy(status.getAsInt(), code);
  }

  private static String innermost(Throwable e) {
    Throwable cause = e;
    while (cause.getCause() != null) {
      cause = cause.getCause();
    }
    String said = cause.getMessage();
    if (cause instanceof UnknownHostException) {
      return "there is no host " + said + ": check the endpoint";
    }
    return said == null ? cause.getClass().getSimpleName() : said;
  }

  /** What to do about it, behind a colon; empty where the answer does not tell. */
  static String remedy(int status, @Nullable String code) {
    if ("InvalidObjectState".equals(code)) {
      return ": the object is in an archive: restore it, and end the rule that moves objects there";
    }
    if ((status >= 300 && status < 400) || (code != null && OTHER_REGION.contains(code))) {
      return ": check the region, and that the endpoint is this bucket's";
    }
    if (status == FORBIDDEN) {
      return "RequestTimeTooSkewed".equals(code)
          ? ": set this host's clock"
          : ": check the credentials, and that they may list the bucket and get, put and delete"
              + " objects";
    }
    return status == NOT_FOUND ? ": check the name of the bucket" : "";
  }
}
