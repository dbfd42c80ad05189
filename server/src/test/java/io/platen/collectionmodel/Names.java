package io.platen.collectionmodel;

/** What things are called in traces. */
final class Names {
  private Names() {}

  static String chunk(int chunk) {
    return String.valueOf((char) ('a' + chunk));
  }

  static String chunks(int set) {
    var names = new StringBuilder();
    for (int chunk = 0; set >> chunk != 0; chunk++) {
      if (Bits.has(set, chunk)) {
        names.append(chunk(chunk));
      }
    }
    return names.isEmpty() ? "none" : names.toString();
  }

  static String templates(int set) {
    var names = new StringBuilder();
    for (int template = 0; set >> template != 0; template++) {
      if (Bits.has(set, template)) {
        names.append(names.isEmpty() ? "T" : ", T").append(template);
      }
    }
    return names.isEmpty() ? "none" : names.toString();
  }
}
