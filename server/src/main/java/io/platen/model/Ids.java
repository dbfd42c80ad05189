package io.platen.model;

import java.security.SecureRandom;
import java.util.regex.Pattern;

/**
 * Makes ids: a prefix for the kind, and lower-case letters and digits that can't be guessed. 22 of
 * 36 symbols hold 113 random bits.
 */
public final class Ids {
  private static final String SYMBOLS = "abcdefghijklmnopqrstuvwxyz0123456789";
  private static final int LENGTH = 22;
  private static final String MACHINE = "ps";
  private static final String TEMPLATE = "t";
  private static final Pattern ID = Pattern.compile("[a-z][a-z0-9]{1,39}");
  private static final SecureRandom RANDOM = new SecureRandom();

  private Ids() {}

  public static String template() {
    return random(TEMPLATE);
  }

  public static String machine() {
    return random(MACHINE);
  }

  public static String snapshot() {
    return random("sn");
  }

  public static String event() {
    return random("ev");
  }

  public static String startupScript() {
    return random("sc");
  }

  public static String privateNetwork() {
    return random("n");
  }

  public static String team() {
    return random("te");
  }

  public static String key() {
    return random("key");
  }

  public static String installation() {
    return random("in");
  }

  public static String notice() {
    return random("no");
  }

  public static String upkeepRequest() {
    return random("up");
  }

  /**
   * Whether a text from a client could be an id; what could not is not worth asking the database.
   */
  public static boolean isId(String text) {
    return ID.matcher(text).matches();
  }

  /** Whether a text could be the id of a machine. */
  public static boolean isMachine(String text) {
    return text.startsWith(MACHINE) && isId(text);
  }

  /** Whether a text could be the id of a template. */
  public static boolean isTemplate(String text) {
    return text.startsWith(TEMPLATE) && isId(text);
  }

  private static String random(String prefix) {
    var id = new StringBuilder(prefix.length() + LENGTH).append(prefix);
    for (int i = 0; i < LENGTH; i++) {
      id.append(SYMBOLS.charAt(RANDOM.nextInt(SYMBOLS.length())));
    }
    return id.toString();
  }
}
