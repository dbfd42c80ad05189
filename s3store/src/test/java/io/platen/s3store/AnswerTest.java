package io.platen.s3store;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.ConnectException;
import java.net.UnknownHostException;
import org.junit.jupiter.api.Test;
import software.amazon.awssdk.core.exception.SdkClientException;

final class AnswerTest {
  @Test
  void ofAHostThatIsNotThereTheRemedyIsSaid() {
    // All that Java says of it is its name.
    var unknown = SdkClientException.create("failed", new UnknownHostException("s3.example"));
    assertThat(Answer.words("LIST", unknown))
        .isEqualTo("LIST got no answer: there is no host s3.example: check the endpoint");
    var refused = SdkClientException.create("failed", new ConnectException("Connection refused"));
    assertThat(Answer.words("LIST", refused)).isEqualTo("LIST got no answer: Connection refused");
  }
}
