package io.platen.config;

/** A configuration file to begin with: every setting is in it, commented out with its default. */
public final class SettingsFile {
  private static final String HEAD =
      """
      # The configuration of Platen, read when the server starts. All settings are optional: one that is commented out has the
      # value that stands behind it, or none. Of a setting in a group (upkeep, http, ...) uncomment the line of the group too.
      # An environment variable comes before this file.
      """;

  private SettingsFile() {}

  /** The text of the file. */
  public static String text() {
    var text = new StringBuilder(HEAD);
    String group = "";
    for (var key : SettingKey.ALL) {
      int dot = key.name().lastIndexOf('.');
      String of = key.name().substring(0, Math.max(dot, 0));
      text.append(
          "%n# %s%n# %s; %s%n".formatted(key.meaning(), sentence(key.accepted()), key.variable()));
      if (!of.equals(group) && !of.isEmpty()) {
        text.append("#%s:%n".formatted(of));
      }
      group = of;
      String line = key.name().substring(dot + 1) + ": " + key.defaultValue().orElse("");
      text.append("#%s%s%n".formatted(of.isEmpty() ? "" : "  ", line.strip()));
    }
    return text.toString();
  }

  private static String sentence(String words) {
    return Character.toUpperCase(words.charAt(0)) + words.substring(1);
  }
}
