package io.platen.rest;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.databind.JsonSerializer;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializerProvider;
import com.fasterxml.jackson.databind.module.SimpleModule;
import io.quarkus.jackson.ObjectMapperCustomizer;
import jakarta.inject.Singleton;
import java.io.IOException;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;

/** How answers are written: dates in UTC, always with milliseconds. */
@Singleton
public final class JsonFormat implements ObjectMapperCustomizer {
  private static final DateTimeFormatter DATE =
      DateTimeFormatter.ofPattern("uuuu-MM-dd'T'HH:mm:ss.SSS'Z'").withZone(ZoneOffset.UTC);

  /**
   * Last of all: Quarkus adds a module that writes dates too, without the milliseconds where they
   * are 0, and the serializer that was added last counts.
   */
  @Override
  public int priority() {
    return MINIMUM_PRIORITY;
  }

  @Override
  public void customize(ObjectMapper mapper) {
    mapper.registerModule(new SimpleModule().addSerializer(Instant.class, new InstantSerializer()));
  }

  /** Every object of a list has one or more: a formatter would take a tenth of a page's time. */
  private static final class InstantSerializer extends JsonSerializer<Instant> {
    private static final long SECONDS_PER_DAY = 86_400;

    @Override
    public void serialize(Instant instant, JsonGenerator json, SerializerProvider provider)
        throws IOException {
      long second = instant.getEpochSecond();
      var date = LocalDate.ofEpochDay(Math.floorDiv(second, SECONDS_PER_DAY));
      if (date.getYear() < 0 || date.getYear() > 9999) {
        json.writeString(DATE.format(instant));
        return;
      }
      int ofDay = (int) Math.floorMod(second, SECONDS_PER_DAY);
      char[] text = "0000-00-00T00:00:00.000Z".toCharArray();
      digits(text, 3, date.getYear());
      digits(text, 6, date.getMonthValue());
      digits(text, 9, date.getDayOfMonth());
      digits(text, 12, ofDay / 3600);
      digits(text, 15, ofDay / 60 % 60);
      digits(text, 18, ofDay % 60);
      digits(text, 22, instant.getNano() / 1_000_000);
      json.writeString(text, 0, text.length);
    }

    /** Writes a number over zeros. */
    private static void digits(char[] text, int last, int number) {
      int index = last;
      for (int rest = number; rest > 0; rest /= 10) {
        text[index] = (char) ('0' + rest % 10);
        index--;
      }
    }
  }
}
