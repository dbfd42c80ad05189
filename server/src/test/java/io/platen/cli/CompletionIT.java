package io.platen.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.platen.support.Program;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** The completion in a real bash, as that calls it, and the pages in a real man. */
final class CompletionIT {
  private static List<String> completed(String... words) throws Exception {
    String quoted = Arrays.stream(words).map("'%s'"::formatted).collect(Collectors.joining(" "));
    String script =
        """
        compopt() { :; }
        source target/completion/platen.bash
        COMP_WORDS=(%s); COMP_CWORD=%d
        _complete_platen
        printf '%%s\\n' "${COMPREPLY[@]}"
        """
            .formatted(quoted, words.length - 1);
    return Program.succeed("bash", "-c", script).lines().toList();
  }

  @Test
  void bashCompletesCommandsAndOptions() throws Exception {
    assertThat(completed("platen", "tem")).containsExactly("template");
    assertThat(completed("platen", "machine", "")).contains("create", "console", "adopt");
    assertThat(completed("platen", "machine", "create", "--template", "t", "--s"))
        .containsExactlyInAnyOrder("--size", "--startup-script");
  }

  @Test
  void groffReadsThePagesWithoutAComplaint() throws Exception {
    var ended =
        Program.run(
            List.of(
                "sh",
                "-c",
                "for page in target/man/*.1; do groff -man -Tascii -P-cbou -ww $page; done"));
    assertThat(ended.err()).isEmpty();
    String text = ended.out().replaceAll("\\s+", " ");
    assertThat(text).contains("platen machine create").contains("PAPERSPACE_API_KEY");
  }
}
