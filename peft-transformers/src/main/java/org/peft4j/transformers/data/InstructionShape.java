package org.peft4j.transformers.data;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.peft4j.transformers.chat.Message;

/**
 * {@code {"instruction", "input", "output"}} as Alpaca's data has it, with {@code "system"} and
 * {@code "history"} as LLaMA-Factory adds them: a conversation where there is a chat template, else
 * Alpaca's own wording.
 */
record InstructionShape(ExampleSettings settings, Conversations conversations, Answers answers)
    implements RowShape<Example> {

  private static final String BARE =
      """
      Below is an instruction that describes a task. Write a response that appropriately completes \
      the request.

      ### Instruction:
      %s

      ### Response:
      """;

  private static final String WITH_INPUT =
      """
      Below is an instruction that describes a task, paired with an input that provides further \
      context. Write a response that appropriately completes the request.

      ### Instruction:
      %s

      ### Input:
      %s

      ### Response:
      """;

  @Override
  public Optional<RowFormat> format() {
    return Optional.of(RowFormat.INSTRUCTION);
  }

  @Override
  public Set<String> keys(Row row) {
    Set<String> own = Set.of("instruction", "input", "output", "history");
    return converses(row) ? Conversations.with(own) : own;
  }

  @Override
  public boolean fits(Row row) {
    return row.has("instruction") && row.has("output");
  }

  @Override
  public Example read(Row row) throws BadLineException {
    String instruction = row.text("instruction");
    Optional<String> input = row.optionalText("input").filter(text -> !text.isBlank());
    String output = row.text("output");
    if (!converses(row)) {
      String prompt =
          input.isPresent()
              ? WITH_INPUT.formatted(instruction, input.get())
              : BARE.formatted(instruction);
      return answers.completion(prompt, "output", output);
    }
    String asked = instruction + input.map(text -> "\n" + text).orElse("");
    List<Message> messages = before(row);
    messages.add(Message.user(asked));
    messages.add(Message.assistant(output));
    return answers.conversation(conversations.lastOnly(Conversations.of(row, messages)));
  }

  /** Alpaca's wording has no place for what came before, or for tools. */
  private boolean converses(Row row) {
    return settings.chat().isPresent()
        || row.says("history")
        || row.says("system")
        || row.says("tools");
  }

  private static List<Message> before(Row row) throws BadLineException {
    List<Message> messages = new ArrayList<>();
    if (row.says("history")) {
      for (JsonNode turn : row.parsed("history")) {
        if (turn.size() != 2 || !turn.get(0).isTextual() || !turn.get(1).isTextual()) {
          throw new BadLineException("\"history\" must hold pairs of what was asked and answered");
        }
        messages.add(Message.user(turn.get(0).textValue()));
        messages.add(Message.assistant(turn.get(1).textValue()));
      }
    }
    return messages;
  }

  @Override
  public String wanted() {
    return "\"instruction\" and \"output\"";
  }
}
