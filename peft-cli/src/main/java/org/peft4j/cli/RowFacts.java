package org.peft4j.cli;

import java.util.LinkedHashMap;
import java.util.Map;
import org.peft4j.transformers.data.RowReport;

/** A report on rows for programs. */
final class RowFacts {

  private RowFacts() {}

  static Map<String, Object> of(RowReport report) {
    Map<String, Object> facts = new LinkedHashMap<>();
    facts.put("examples", report.read());
    facts.put("cut", report.cut());
    facts.put("left_out_as_too_long", report.tooLong());
    facts.put("left_out_as_bad", report.bad());
    facts.put("blank_lines", report.blank());
    facts.put("remarks", report.remarks());
    return facts;
  }
}
