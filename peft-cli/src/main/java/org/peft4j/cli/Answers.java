package org.peft4j.cli;

import java.io.IOException;
import java.util.List;
import java.util.Locale;
import org.peft4j.transformers.LanguageModel;
import org.peft4j.transformers.generate.BatchGenerator;
import org.peft4j.transformers.generate.Generated;
import org.peft4j.transformers.generate.GenerationRequest;
import org.peft4j.transformers.generate.Generator;
import org.peft4j.transformers.text.ModelTexts;

/** What a model writes to one prompt after the other, to each as if it were the only one. */
final class Answers {

  private final LanguageModel model;
  private final ModelTexts texts;
  private final Generator.Request request;
  private final List<String> stops;
  private final ChatOptions chat;
  private final BatchGenerator generator;
  private long tokens;

  Answers(LanguageModel model, Generator.Request request, List<String> stops, ChatOptions chat) {
    this.model = model;
    this.texts = model.texts();
    this.request = request;
    this.stops = stops;
    this.chat = chat;
    this.generator = new BatchGenerator(model.peft(), texts, 1);
  }

  /** How many tokens have been written. */
  long tokens() {
    return tokens;
  }

  /**
   * What the model reads of a prompt.
   *
   * @throws IllegalArgumentException if it is nothing, or more than the model takes
   */
  int[] start(Prompt prompt) throws IOException {
    int[] start = chat.start(prompt.text(), texts, model.origin().directory());
    int most = model.model().maxPositions();
    if (start.length == 0) {
      throw new IllegalArgumentException(prompt.place() + " is empty; write a prompt");
    }
    if (start.length > most) {
      throw new IllegalArgumentException(
          "%s has %d tokens but the model takes at most %d"
              .formatted(prompt.place(), start.length, most));
    }
    return start;
  }

  Answer answer(Prompt prompt) throws IOException {
    int[] start = start(prompt);
    Pace pace = new Pace();
    GenerationRequest wanted = new GenerationRequest(start, request, stops, model.peft().active());
    Generated written = generator.generate(wanted, pace);
    double seconds = pace.seconds();
    tokens += written.tokens().size();
    String text = written.text();
    Facts facts = new Facts();
    if (prompt.row() != null) {
      prompt.row().properties().forEach(entry -> facts.with(entry.getKey(), entry.getValue()));
    }
    facts
        .with("prompt", prompt.text())
        .with("text", text)
        .with("tokens", written.tokens())
        .with("ending", written.ending().name().toLowerCase(Locale.ROOT))
        .with("seconds", seconds)
        .with("seconds_to_first_token", pace.secondsToFirst())
        .with("tokens_per_second", pace.tokensPerSecond());
    return new Answer(facts, chat.isAsked() ? text : prompt.text() + text);
  }

  /**
   * One of them.
   *
   * @param facts for programs
   * @param text for people
   */
  record Answer(Facts facts, String text) {

    /** Shows it as the one result. */
    void tell(Output output) {
      output.results(facts, text);
    }

    /** Shows it as one of several. */
    void tellAmong(Output output) {
      output.line(facts, text + System.lineSeparator());
    }
  }
}
