package io.platen.config;

import java.net.URI;
import java.net.URISyntaxException;
import java.time.Duration;
import java.util.Arrays;
import java.util.Locale;
import java.util.stream.Collectors;

/** The kinds of values that the settings take. The library makes an object of each. */
final class Values {
  /** More than one server of this kind answers. */
  private static final int MAXIMUM_RATE = 1_000_000;

  private Values() {}

  private static int whole(Value<?> kind, String text, int least, int most) {
    try {
      int value = Integer.parseInt(text);
      if (value >= least && value <= most) {
        return value;
      }
    } catch (NumberFormatException e) {
      throw kind.refused(text);
    }
    throw kind.refused(text);
  }

  abstract static class WholeNumber extends Value<Integer> {
    private static final long serialVersionUID = 1;

    private final int least;
    private final int most;

    WholeNumber(int least, int most) {
      this.least = least;
      this.most = most;
    }

    @Override
    String accepted() {
      return "a whole number from %d to %d".formatted(least, most);
    }

    @Override
    public Integer convert(String text) {
      return whole(this, text, least, most);
    }
  }

  /** One of some words: the names of an enumeration's constants, in small letters. */
  abstract static class Choice<E extends Enum<E>> extends Value<E> {
    private static final long serialVersionUID = 1;

    private final Class<E> type;

    Choice(Class<E> type) {
      this.type = type;
    }

    private static String word(Enum<?> constant) {
      return constant.name().toLowerCase(Locale.ROOT);
    }

    @Override
    String accepted() {
      return Arrays.stream(type.getEnumConstants())
          .map(Choice::word)
          .collect(Collectors.joining(", ", "one of ", ""));
    }

    E choose(String text) {
      return Arrays.stream(type.getEnumConstants())
          .filter(constant -> word(constant).equals(text))
          .findFirst()
          .orElseThrow(() -> refused(text));
    }
  }

  public static final class Text extends Value<String> {
    private static final long serialVersionUID = 1;

    @Override
    String accepted() {
      return "a text";
    }

    @Override
    public String convert(String text) {
      if (text.isBlank()) {
        throw refused(text);
      }
      return text;
    }
  }

  /** What stands in names of jobs, in messages and in the database. */
  public static final class NodeName extends Value<String> {
    private static final long serialVersionUID = 1;

    @Override
    String accepted() {
      return "1 to 50 letters, digits, dots, hyphens or underscores";
    }

    @Override
    public String convert(String text) {
      if (!text.matches("[A-Za-z0-9._-]{1,50}")) {
        throw refused(text);
      }
      return text;
    }
  }

  public static final class Addresses extends Value<PublicIps> {
    private static final long serialVersionUID = 1;

    @Override
    String accepted() {
      return PublicIps.ACCEPTED;
    }

    @Override
    public PublicIps convert(String text) {
      return PublicIps.of(text);
    }
  }

  public static final class Networks extends Value<TrustedProxies> {
    private static final long serialVersionUID = 1;

    @Override
    String accepted() {
      return "addresses and networks such as 10.0.0.0/8, separated by commas";
    }

    @Override
    public TrustedProxies convert(String text) {
      return TrustedProxies.of(text).orElseThrow(() -> refused(text));
    }
  }

  public static final class TimeOfDay extends Value<DailyTime> {
    private static final long serialVersionUID = 1;

    @Override
    String accepted() {
      return DailyTime.ACCEPTED;
    }

    @Override
    public DailyTime convert(String text) {
      return DailyTime.of(text).orElseThrow(() -> refused(text));
    }
  }

  public static final class DatabaseUrl extends Value<String> {
    private static final long serialVersionUID = 1;

    @Override
    String accepted() {
      return "a URL that begins with jdbc:sqlite: or jdbc:postgresql:";
    }

    @Override
    public String convert(String text) {
      if (!text.startsWith("jdbc:sqlite:") && !text.startsWith("jdbc:postgresql:")) {
        throw refused(text);
      }
      return text;
    }
  }

  public static final class NodeUrl extends Value<URI> {
    private static final long serialVersionUID = 1;

    @Override
    String accepted() {
      return "a URL that begins with https:// or http://, and has nothing but a host and a port";
    }

    @Override
    public URI convert(String text) {
      try {
        var url = new URI(text);
        boolean http = "https".equals(url.getScheme()) || "http".equals(url.getScheme());
        boolean bare =
            url.getUserInfo() == null
                && url.getQuery() == null
                && url.getFragment() == null
                // Null where the URL is a name and what stands behind its colon.
                && (url.getPath() == null || url.getPath().isEmpty() || url.getPath().equals("/"));
        if (http && url.getHost() != null && bare) {
          return url;
        }
      } catch (URISyntaxException e) {
        throw refused(text);
      }
      throw refused(text);
    }
  }

  /** Nothing of it is repeated in messages: it may hold a secret. */
  public static final class WebhookUrl extends Value<URI> {
    private static final long serialVersionUID = 1;

    @Override
    String accepted() {
      return "a URL that begins with https:// or http://, and has neither user nor fragment";
    }

    @Override
    public URI convert(String text) {
      try {
        var url = new URI(text);
        boolean http = "https".equals(url.getScheme()) || "http".equals(url.getScheme());
        if (http
            && url.getHost() != null
            && url.getUserInfo() == null
            && url.getFragment() == null) {
          return url;
        }
      } catch (URISyntaxException e) {
        throw hidden();
      }
      throw hidden();
    }

    private IllegalArgumentException hidden() {
      return new IllegalArgumentException("is not " + accepted());
    }
  }

  public static final class Port extends WholeNumber {
    private static final long serialVersionUID = 1;

    public Port() {
      super(0, 65_535);
    }
  }

  /** A time in seconds, up to an hour: guests that install updates take minutes to shut down. */
  public static final class Seconds extends Value<Duration> {
    private static final long serialVersionUID = 1;
    private static final int MAXIMUM = 3600;

    @Override
    String accepted() {
      return "a whole number from 1 to " + MAXIMUM;
    }

    @Override
    public Duration convert(String text) {
      return Duration.ofSeconds(whole(this, text, 1, MAXIMUM));
    }
  }

  /** Up to ten years. */
  public static final class Hours extends WholeNumber {
    private static final long serialVersionUID = 1;

    public Hours() {
      super(0, 87_600);
    }
  }

  /** Up to ten years. */
  public static final class Days extends WholeNumber {
    private static final long serialVersionUID = 1;

    public Days() {
      super(0, 3_650);
    }
  }

  /** Up to more than one host has. */
  public static final class SizeInGb extends WholeNumber {
    private static final long serialVersionUID = 1;

    public SizeInGb() {
      super(0, 1 << 20);
    }
  }

  /** Up to the largest range. */
  public static final class AddressCount extends WholeNumber {
    private static final long serialVersionUID = 1;

    public AddressCount() {
      super(0, AddressRange.LARGEST);
    }
  }

  /** Megabytes per second, up to more than one host reads. */
  public static final class Speed extends WholeNumber {
    private static final long serialVersionUID = 1;

    public Speed() {
      super(1, 100_000);
    }
  }

  public static final class Burst extends WholeNumber {
    private static final long serialVersionUID = 1;

    public Burst() {
      super(1, MAXIMUM_RATE);
    }
  }

  /** A number above 0. */
  abstract static class Positive extends Value<Double> {
    private static final long serialVersionUID = 1;

    private final int most;

    Positive(int most) {
      this.most = most;
    }

    @Override
    String accepted() {
      return "a number above 0 and up to " + most;
    }

    @Override
    public Double convert(String text) {
      try {
        double number = Double.parseDouble(text);
        if (number > 0 && number <= most) {
          return number;
        }
      } catch (NumberFormatException e) {
        throw refused(text);
      }
      throw refused(text);
    }
  }

  public static final class Rate extends Positive {
    private static final long serialVersionUID = 1;

    public Rate() {
      super(MAXIMUM_RATE);
    }
  }

  public static final class Factor extends Positive {
    private static final long serialVersionUID = 1;

    public Factor() {
      super(1000);
    }
  }

  public static final class HypervisorMode extends Choice<HypervisorSettings.Mode> {
    private static final long serialVersionUID = 1;

    public HypervisorMode() {
      super(HypervisorSettings.Mode.class);
    }

    @Override
    public HypervisorSettings.Mode convert(String text) {
      return choose(text);
    }
  }

  public static final class Acceleration extends Choice<HypervisorSettings.Acceleration> {
    private static final long serialVersionUID = 1;

    public Acceleration() {
      super(HypervisorSettings.Acceleration.class);
    }

    @Override
    public HypervisorSettings.Acceleration convert(String text) {
      return choose(text);
    }
  }
}
