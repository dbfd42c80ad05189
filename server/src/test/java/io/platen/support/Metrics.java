package io.platen.support;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashMap;
import java.util.Map;

/** What {@code /metrics} shows: values by name and labels, as they are written there. */
public record Metrics(Map<String, Double> values) {
  public static Metrics of(Client client) {
    var answer = client.root("/metrics");
    assertThat(answer.status()).isEqualTo(200);
    var values = new HashMap<String, Double>();
    for (String line : answer.text().lines().toList()) {
      if (!line.startsWith("#")) {
        int space = line.lastIndexOf(' ');
        values.put(line.substring(0, space), Double.valueOf(line.substring(space + 1)));
      }
    }
    return new Metrics(values);
  }

  /** The value of this name and these labels. */
  public double value(String name) {
    assertThat(values).containsKey(name);
    return values.getOrDefault(name, Double.NaN);
  }

  /** The sum over all labels of a name. */
  public double sum(String name) {
    return values.entrySet().stream()
        .filter(entry -> entry.getKey().equals(name) || entry.getKey().startsWith(name + "{"))
        .mapToDouble(Map.Entry::getValue)
        .sum();
  }
}
