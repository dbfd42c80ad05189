package io.platen.cli;

import java.util.ArrayList;
import java.util.Locale;
import java.util.Objects;
import picocli.CommandLine;
import picocli.CommandLine.Help;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.CommandSpec;

/** The manual page of one command, in the man macros of groff (groff_man(7)). */
final class ManPage {
  private final CommandSpec spec;
  private final StringBuilder page = new StringBuilder();

  private ManPage(CommandSpec spec) {
    this.spec = spec;
  }

  /** The name of its page: platen-machine-create. */
  static String name(CommandSpec spec) {
    return spec.qualifiedName("-");
  }

  /** The page, which names neither a date nor a place, so that each build makes the same one. */
  static String of(CommandSpec spec, String version) {
    var made = new ManPage(spec);
    made.write(version);
    return made.page.toString();
  }

  private void write(String version) {
    line(".TH %s 1 \"\" \"Platen %s\"".formatted(name(spec).toUpperCase(Locale.ROOT), version));
    section("NAME");
    text(name(spec) + " - " + withoutStop(firstSentence(spec)));
    section("SYNOPSIS");
    line(".B " + escaped(spec.qualifiedName(" ")));
    text(synopsis());
    section("DESCRIPTION");
    text(description(spec));
    arguments();
    subcommands();
    environment();
    exitStatus();
    seeAlso();
  }

  /** The source breaks it into lines; a page is filled anew. */
  private static String description(CommandSpec spec) {
    return String.join(" ", spec.usageMessage().description());
  }

  private static String firstSentence(CommandSpec spec) {
    String all = description(spec);
    int end = all.indexOf(". ");
    return end < 0 ? all : all.substring(0, end + 1);
  }

  private static String withoutStop(String sentence) {
    return sentence.endsWith(".") ? sentence.substring(0, sentence.length() - 1) : sentence;
  }

  /** What picocli says after the command's name, on one line. */
  private String synopsis() {
    var help = new Help(spec, Help.defaultColorScheme(Help.Ansi.OFF));
    String all = help.synopsis(0).replaceAll("\\s+", " ").strip();
    String name = spec.qualifiedName(" ");
    return all.startsWith(name) ? all.substring(name.length()).strip() : all;
  }

  private void arguments() {
    var shown = new ArrayList<ArgSpec>(spec.positionalParameters());
    shown.addAll(spec.options());
    shown.removeIf(ArgSpec::hidden);
    if (shown.isEmpty()) {
      return;
    }
    section("OPTIONS");
    for (var argument : shown) {
      line(".TP");
      line(".B " + escaped(label(argument)));
      text(String.join(" ", argument.description()));
    }
  }

  private static String label(ArgSpec argument) {
    if (argument instanceof CommandLine.Model.OptionSpec option) {
      String names = String.join(", ", option.names());
      return option.arity().max() == 0 ? names : names + "=" + option.paramLabel();
    }
    return argument.paramLabel();
  }

  private void subcommands() {
    if (spec.subcommands().isEmpty()) {
      return;
    }
    section("COMMANDS");
    for (var each : spec.subcommands().values()) {
      line(".TP");
      line(".BR " + escaped(name(each.getCommandSpec())) + " (1)");
      text(firstSentence(each.getCommandSpec()));
    }
  }

  private boolean isOverHttp() {
    return spec.userObject().getClass().getPackageName().equals("io.platen.client");
  }

  private void environment() {
    if (!isOverHttp()) {
      return;
    }
    section("ENVIRONMENT");
    line(".TP");
    line(".B PAPERSPACE_API_URL");
    text("The base address of the API, such as http://127.0.0.1:8080/v1.");
    line(".TP");
    line(".B PAPERSPACE_API_KEY");
    text("The key. Without it, the one that platen-login(1) keeps for that address.");
  }

  private void exitStatus() {
    section("EXIT STATUS");
    text(
        "0, 1 for a failure, 2 for a call that makes no sense, 3 for what is not there, 4 for what the server refuses.");
  }

  private void seeAlso() {
    var parent = spec.parent();
    if (parent != null) {
      section("SEE ALSO");
      line(".BR " + escaped(name(Objects.requireNonNull(parent))) + " (1)");
    }
  }

  private void section(String title) {
    line(".SH " + title);
  }

  private void line(String macro) {
    page.append(macro).append('\n');
  }

  private void text(String text) {
    String escaped = escaped(text);
    // A line that begins so would be taken for a macro.
    line(escaped.startsWith(".") || escaped.startsWith("'") ? "\\&" + escaped : escaped);
  }

  private static String escaped(String text) {
    return text.replace("\\", "\\e").replace("-", "\\-").replace("\n", " ");
  }
}
