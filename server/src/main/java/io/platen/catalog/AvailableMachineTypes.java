package io.platen.catalog;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.io.SerializedString;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializerProvider;
import com.fasterxml.jackson.databind.annotation.JsonSerialize;
import com.fasterxml.jackson.databind.ser.std.StdSerializer;
import java.io.IOException;
import java.io.Serial;
import java.util.AbstractList;
import java.util.List;

/**
 * The machine types that templates of one kind are offered on, written as JSON once: they are nine
 * tenths of every page of templates.
 */
@JsonSerialize(using = AvailableMachineTypes.Serializer.class)
final class AvailableMachineTypes extends AbstractList<AvailableMachineType> {
  private static final ObjectMapper MAPPER = new ObjectMapper();

  private final List<AvailableMachineType> types;
  private final SerializedString json;

  AvailableMachineTypes(List<AvailableMachineType> types) {
    this.types = List.copyOf(types);
    try {
      json = new SerializedString(MAPPER.writeValueAsString(this.types));
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("a text and a flag can always be written", e);
    }
  }

  @Override
  public AvailableMachineType get(int index) {
    return types.get(index);
  }

  @Override
  public int size() {
    return types.size();
  }

  static final class Serializer extends StdSerializer<AvailableMachineTypes> {
    @Serial private static final long serialVersionUID = 1L;

    Serializer() {
      super(AvailableMachineTypes.class);
    }

    @Override
    public void serialize(
        AvailableMachineTypes types, JsonGenerator generator, SerializerProvider provider)
        throws IOException {
      generator.writeRawValue(types.json);
    }
  }
}
