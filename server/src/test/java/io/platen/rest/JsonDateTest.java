package io.platen.rest;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.LongRange;

final class JsonDateTest {
  private static final DateTimeFormatter DATE =
      DateTimeFormatter.ofPattern("uuuu-MM-dd'T'HH:mm:ss.SSS'Z'").withZone(ZoneOffset.UTC);

  private final ObjectMapper mapper = new ObjectMapper();

  JsonDateTest() {
    new JsonFormat().customize(mapper);
  }

  /** From the year 0 to 9999, and what lies on both sides of it. */
  @Property
  void everyDateIsWrittenAsTheFormatterWouldWriteIt(
      @ForAll @LongRange(min = -62_200_000_000_000L, max = 253_500_000_000_000L) long millis)
      throws Exception {
    var instant = Instant.ofEpochMilli(millis);
    assertThat(mapper.writeValueAsString(instant)).isEqualTo("\"" + DATE.format(instant) + "\"");
  }

  @Property
  void aDateOfNowHasItsMilliseconds(
      @ForAll @LongRange(min = 1_700_000_000L, max = 1_900_000_000L) long second) throws Exception {
    assertThat(mapper.writeValueAsString(Instant.ofEpochSecond(second))).endsWith(".000Z\"");
  }
}
