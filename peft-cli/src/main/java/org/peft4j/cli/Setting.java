package org.peft4j.cli;

import java.util.List;

/**
 * What a file says of one option.
 *
 * @param line of the key, from 1
 * @param kind how the values stood there
 * @param values one, or those of a list, or {@code KEY=VALUE} for each entry of a mapping
 */
record Setting(String key, int line, Kind kind, List<String> values) {

  /** How values may stand. */
  enum Kind {
    SINGLE,
    LIST,
    MAPPING
  }

  /** The option as the command line has it. */
  String option() {
    return "--" + key;
  }
}
