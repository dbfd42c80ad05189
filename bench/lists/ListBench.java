import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * Times pages of a short and of a long list of templates on one server, in turn, and prints medians and ratios.
 *
 * <p>usage: ListBench URL SMALL-KEY LARGE-KEY SMALL-MACHINE LARGE-MACHINE
 */
final class ListBench {
  private static final int RUNS = 51;
  private static final JsonMapper MAPPER = new JsonMapper();
  private static final HttpClient HTTP = HttpClient.newHttpClient();
  private static String url;

  /** Makes each question another one, so that none is answered from memory. */
  private static int asked;

  public static void main(String[] args) throws Exception {
    url = args[0];
    String small = args[1];
    String large = args[2];
    System.out.printf("%-34s %10s %10s %8s%n", "median of " + RUNS + ", ms", "small", "large", "ratio");
    for (String order : new String[] {"orderBy=dtCreated", "orderBy=name", "orderBy=name&order=asc"}) {
      compare(order + ", first page", small, order, large, order);
      compare(
          order + ", middle page",
          small, order + "&after=" + cursor(small, order, 10),
          large, order + "&after=" + middle(large, order));
      compare(
          order + ", last page",
          small, flip(order) , large, flip(order));
    }
    compare("name, rare match", small, "name=needle", large, "name=needle");
    compare("name, no match", small, "name=nowhere", large, "name=nowhere");
    compare("name, common match", small, "name=debian", large, "name=debian");
    compare("name, 2 letters, rare match", small, "name=%7E%23", large, "name=%7E%23");
    compare("name, 2 letters, no match", small, "name=%7E%7E", large, "name=%7E%7E");
    compare("name, 2 letters, common match", small, "name=bu", large, "name=bu");
    compare("name, 1 letter, rare match", small, "name=%23", large, "name=%23");
    compare("name, 1 letter, no match", small, "name=%7C", large, "name=%7C");
    compare("name, 1 letter, common match", small, "name=e", large, "name=e");
    compare("machineId", small, "machineId=" + args[3], large, "machineId=" + args[4]);
  }

  /** The far end of the list: the same page that a walk would reach last, asked for from the other side. */
  private static String flip(String order) {
    return order.endsWith("&order=asc") ? order.replace("&order=asc", "") : order + "&order=asc";
  }

  private static String cursor(String key, String query, int pages) throws Exception {
    String after = "";
    for (int i = 0; i < pages; i++) {
      JsonNode page = get(key, query + (after.isEmpty() ? "" : "&after=" + after));
      after = URLEncoder.encode(page.path("nextPage").asText(), StandardCharsets.UTF_8);
    }
    return after;
  }

  /** A cursor some way into the list: walking half a million rows is the server's work, so it is walked in full pages. */
  private static String middle(String key, String query) throws Exception {
    return cursor(key, query + "&limit=120", Integer.getInteger("pages", 1000)).replace("&limit=120", "");
  }

  private static void compare(String what, String keyA, String a, String keyB, String b)
      throws Exception {
    double[] timesA = new double[RUNS];
    double[] timesB = new double[RUNS];
    for (int i = 0; i < 10; i++) {
      time(keyA, a);
      time(keyB, b);
    }
    for (int i = 0; i < RUNS; i++) {
      timesA[i] = time(keyA, a);
      timesB[i] = time(keyB, b);
    }
    Arrays.sort(timesA);
    Arrays.sort(timesB);
    double x = timesA[RUNS / 2];
    double y = timesB[RUNS / 2];
    System.out.printf("%-34s %10.2f %10.2f %8.2f%n", what, x, y, y / x);
  }

  private static double time(String key, String query) throws Exception {
    long start = System.nanoTime();
    get(key, query + "&asked=" + asked++);
    return (System.nanoTime() - start) / 1e6;
  }

  private static JsonNode get(String key, String query) throws Exception {
    var request =
        HttpRequest.newBuilder(URI.create(url + "/custom-templates?" + query))
            .header("Authorization", "Bearer " + key)
            .build();
    var response = HTTP.send(request, BodyHandlers.ofByteArray());
    if (response.statusCode() != 200) {
      throw new IllegalStateException(new String(response.body(), StandardCharsets.UTF_8));
    }
    return MAPPER.readTree(response.body());
  }
}
