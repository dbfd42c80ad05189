package io.platen.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.platen.model.Issues;
import io.platen.model.Refusal;
import org.junit.jupiter.api.Test;

final class OptionIssuesTest {
  @Test
  void allThatIsWrongIsToldByTheNamesOfTheOptions() {
    var issues = new Issues();
    issues.add("name", "must not be empty");
    issues.add("machineType", "\"X\" is not one of C1");
    var refusal = catchThrowableOfType(Refusal.class, issues::throwIfAny);
    assertThat(OptionIssues.text(refusal))
        .isEqualTo("--name: must not be empty; --machine-type: \"X\" is not one of C1");
  }

  @Test
  void anotherRefusalSaysWhatItSays() {
    assertThat(OptionIssues.text(Refusal.conflict("It is busy."))).isEqualTo("It is busy.");
  }
}
