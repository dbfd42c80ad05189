import java.util.ArrayList;
import java.util.List;
import java.util.function.ToDoubleFunction;

/**
 * One measurement.
 *
 * @param seconds by the clock
 * @param cpu processor seconds, user and system, of everything that took part
 */
record Sample(double seconds, double cpu) {
  static Sample sum(Sample a, Sample b) {
    return new Sample(a.seconds + b.seconds, a.cpu + b.cpu);
  }

  static double median(List<Sample> samples, ToDoubleFunction<Sample> of) {
    return median(samples.stream().mapToDouble(of).boxed().toList());
  }

  static double median(List<Double> values) {
    List<Double> sorted = new ArrayList<>(values);
    sorted.sort(null);
    int half = sorted.size() / 2;
    return sorted.size() % 2 == 1 ? sorted.get(half) : (sorted.get(half - 1) + sorted.get(half)) / 2;
  }

  /** The median of the ratios of each pair: what disturbs one round disturbs both its sides. */
  static double ratio(List<Sample> ours, List<Sample> theirs, ToDoubleFunction<Sample> of) {
    List<Double> ratios = new ArrayList<>();
    for (int i = 0; i < Math.min(ours.size(), theirs.size()); i++) {
      ratios.add(of.applyAsDouble(ours.get(i)) / of.applyAsDouble(theirs.get(i)));
    }
    return median(ratios);
  }
}
