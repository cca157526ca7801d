package org.peft4j.transformers.data;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.peft4j.transformers.chat.Message;

/** {@code {"chosen", "rejected"}}, with what both answer. */
record PairShape(Conversations conversations, Answers answers) implements RowShape<Preference> {

  private static final String PROMPT = "prompt";
  private static final String CHOSEN = "chosen";
  private static final String REJECTED = "rejected";
  private static final String BEFORE = "conversations";

  @Override
  public Optional<RowFormat> format() {
    return Optional.empty();
  }

  @Override
  public boolean fits(Row row) {
    return row.has(CHOSEN) && row.has(REJECTED);
  }

  @Override
  public Set<String> keys(Row row) {
    Set<String> own = Set.of(PROMPT, CHOSEN, REJECTED);
    return isText(row) ? own : Conversations.with(Set.of(PROMPT, CHOSEN, REJECTED, BEFORE));
  }

  @Override
  public Preference read(Row row) throws BadLineException {
    if (isText(row)) {
      return new Preference(completion(row, CHOSEN), completion(row, REJECTED));
    }
    List<Message> chosen = turns(row, CHOSEN);
    List<Message> rejected = turns(row, REJECTED);
    requireSameStart(chosen, rejected);
    return new Preference(answer(row, chosen), answer(row, rejected));
  }

  private static boolean isText(Row row) {
    return row.get(CHOSEN).isTextual();
  }

  private Example completion(Row row, String which) throws BadLineException {
    if (!row.has(PROMPT)) {
      throw new BadLineException(
          "needs \"prompt\" beside two strings; --columns reads a key of another name");
    }
    if (row.says(BEFORE)) {
      throw new BadLineException(
          "\"conversations\" goes with messages, but \"chosen\" is a string");
    }
    return answers.completion(row.text(PROMPT), which, row.text(which));
  }

  private Example answer(Row row, List<Message> turns) throws BadLineException {
    return answers.conversation(conversations.lastOnly(Conversations.of(row, turns)));
  }

  /** What was asked, and the answer. */
  private static List<Message> turns(Row row, String which) throws BadLineException {
    List<Message> said = row.messages(which);
    List<Message> asked = asked(row);
    if (isAnswer(said)) {
      List<Message> all = new ArrayList<>(asked);
      all.addAll(said);
      return all;
    }
    if (!begins(said, asked)) {
      throw row.wrong(
          which,
          "is a whole conversation, but does not begin with what \"%s\" says; keep one of both, or"
                  .formatted(row.says(BEFORE) ? BEFORE : PROMPT)
              + " --ignore one");
    }
    return said;
  }

  private static List<Message> asked(Row row) throws BadLineException {
    boolean talked = row.says(BEFORE);
    if (talked && row.says(PROMPT)) {
      throw new BadLineException(
          "has both \"prompt\" and \"conversations\"; --ignore passes over one");
    }
    if (talked) {
      return row.messages(BEFORE);
    }
    if (!row.says(PROMPT)) {
      return List.of();
    }
    return row.get(PROMPT).isTextual()
        ? List.of(Message.user(row.text(PROMPT)))
        : row.messages(PROMPT);
  }

  /** Whether nothing was asked in there. */
  private static boolean isAnswer(List<Message> said) {
    return said.stream().noneMatch(message -> message.role().equals("user"));
  }

  /** A system's turn at the start may be missing in what was asked. */
  private static boolean begins(List<Message> said, List<Message> asked) {
    int from = 0;
    if (!asked.isEmpty() && !asked.get(0).role().equals("system")) {
      from = said.get(0).role().equals("system") ? 1 : 0;
    }
    for (int i = 0; i < asked.size(); i++) {
      if (from + i >= said.size() || !isSame(said.get(from + i), asked.get(i))) {
        return false;
      }
    }
    return true;
  }

  private static boolean isSame(Message one, Message other) {
    return one.role().equals(other.role()) && one.content().strip().equals(other.content().strip());
  }

  /** The loss compares two answers to one question. */
  private static void requireSameStart(List<Message> chosen, List<Message> rejected)
      throws BadLineException {
    int last = chosen.size() - 1;
    boolean same = rejected.size() == chosen.size();
    for (int i = 0; same && i < last; i++) {
      same = isSame(chosen.get(i), rejected.get(i));
    }
    if (!same) {
      throw new BadLineException(
          "\"chosen\" and \"rejected\" must be the same up to the last turn but are not");
    }
  }

  @Override
  public String wanted() {
    return "\"chosen\" and \"rejected\", with \"prompt\" or \"conversations\"";
  }
}
