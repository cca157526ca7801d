package org.peft4j.cli;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import org.peft4j.transformers.LanguageModel;
import org.peft4j.transformers.generate.Generator;
import org.peft4j.transformers.generate.Sampling;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Lets a model continue a text. */
@Heading("Text")
@Command(name = "generate", description = "Lets a model continue a text, or many.")
final class GenerateCommand implements Callable<Integer> {

  private static final Path STANDARD_INPUT = Path.of("-");

  @Mixin private ModelOptions model;

  @Option(names = "--prompt", paramLabel = "TEXT", description = "The text to go on from.")
  private @Nullable String prompt;

  @Option(
      names = "--prompts",
      paramLabel = "FILE",
      description =
          "Instead of --prompt: a text on each line, or rows {\"prompt\"} of JSON Lines; - for"
              + " standard input. With --json each answer is a line as soon as it is there, with"
              + " what else its row held, and the last line sums up.")
  private @Nullable Path prompts;

  @Mixin private ChatOptions chat;

  @Option(
      names = "--max-tokens",
      paramLabel = "N",
      defaultValue = "100",
      description = "At most this many tokens. Default: ${DEFAULT-VALUE}.")
  private int maxTokens;

  @Option(
      names = "--temperature",
      paramLabel = "T",
      defaultValue = "0",
      description =
          "0 takes the likeliest token; more draws, the more varied the higher. Default:"
              + " ${DEFAULT-VALUE}.")
  private double temperature;

  @Option(
      names = "--stop",
      paramLabel = "TEXT",
      description = "End the text before this one, if it comes up. May be given several times.")
  private List<String> stops = List.of();

  @Uses.With("--temperature")
  @Option(
      names = "--top-k",
      paramLabel = "K",
      defaultValue = "0",
      description = "Draw from the K likeliest tokens only; 0 for all. Default: ${DEFAULT-VALUE}.")
  private int topK;

  @Uses.With("--temperature")
  @Option(
      names = "--top-p",
      paramLabel = "P",
      defaultValue = "1",
      description =
          "Draw from the likeliest tokens that together have probability P. Default:"
              + " ${DEFAULT-VALUE}.")
  private double topP;

  @Uses.With("--temperature")
  @Option(
      names = "--seed",
      paramLabel = "N",
      defaultValue = "0",
      description = "Of what is drawn. Default: ${DEFAULT-VALUE}.")
  private long seed;

  @Mixin private Output output;

  @Override
  public Integer call() throws IOException {
    Sampling sampling = new Sampling(temperature, topK, topP, seed);
    List<Prompt> known = check();
    try (LanguageModel adapted = model.load()) {
      Set<Integer> ends = adapted.texts().special().ends();
      Generator.Request request = new Generator.Request(maxTokens, sampling, ends);
      Answers answers = new Answers(adapted, request, stops, chat);
      if (prompt != null) {
        answers.answer(new Prompt(prompt, "--prompt", null)).tell(output);
        return 0;
      }
      for (Prompt prompt : known) {
        answers.start(prompt);
      }
      all(known, answers);
    }
    return 0;
  }

  /**
   * Makes sure that there is something to do, and that it can be done.
   *
   * @return the prompts, as far as they are known before they are asked for
   */
  private List<Prompt> check() throws IOException {
    if ((prompt == null) == (prompts == null)) {
      throw new IllegalArgumentException(
          prompt == null
              ? "one of --prompt TEXT and --prompts FILE is missing"
              : "--prompt and --prompts exclude each other; leave one out");
    }
    if (stops.contains("")) {
      throw new IllegalArgumentException("--stop must be at least one character");
    }
    List<Prompt> known =
        prompts == null || prompts.equals(STANDARD_INPUT)
            ? List.of()
            : Prompts.of(Places.file("--prompts", prompts));
    model.check();
    chat.check();
    return known;
  }

  private void all(List<Prompt> known, Answers answers) throws IOException {
    long start = System.nanoTime();
    int asked = known.size();
    for (Prompt prompt : known) {
      answers.answer(prompt).tellAmong(output);
    }
    if (known.isEmpty()) {
      // Not closed: standard input is not this command's.
      Prompts waiting = Prompts.ofStandardInput();
      for (Optional<Prompt> next = waiting.next(); next.isPresent(); next = waiting.next()) {
        answers.answer(next.get()).tellAmong(output);
        asked++;
      }
    }
    output.summary(
        new Facts()
            .with("prompts", asked)
            .with("tokens", answers.tokens())
            .with("seconds", (System.nanoTime() - start) / 1e9));
  }
}
