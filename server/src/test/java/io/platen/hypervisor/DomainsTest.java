package io.platen.hypervisor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

class DomainsTest {
  private static final String TEXT =
      """
      5d6e3981-cbde-4a0a-b81a-3feea4535bf7 web server
      11111111-cbde-4a0a-b81a-3feea4535bf7 platen-ps1

      Domain: 'web server'
        state.state=1
        state.reason=1

      Domain: 'platen-ps1'
        state.state=5
        state.reason=2

      Domain: 'it's paused'
        state.state=3
        state.reason=0
      """;

  @Test
  void domainsAreFoundByNameAndByUuid() throws Exception {
    var domains = Domains.parse(TEXT);
    assertThat(domains.isActive("web server")).contains(true);
    assertThat(domains.isActive("5d6e3981-cbde-4a0a-b81a-3feea4535bf7")).contains(true);
    assertThat(domains.isActive("platen-ps1")).contains(false);
    assertThat(domains.isActive("11111111-cbde-4a0a-b81a-3feea4535bf7")).contains(false);
  }

  @Test
  void aPausedDomainIsActiveAndAnUnknownOneIsNeither() throws Exception {
    var domains = Domains.parse(TEXT);
    assertThat(domains.isActive("it's paused")).contains(true);
    assertThat(domains.isActive("gone")).isEmpty();
  }

  /** All of Platen's would seem to be off: they are known by their UUIDs. */
  @Test
  void statesWithoutTheListAreNoAnswer() {
    String states = TEXT.substring(TEXT.indexOf("Domain:"));
    assertThatThrownBy(() -> Domains.parse(states)).hasMessageContaining("broke off");
  }
}
