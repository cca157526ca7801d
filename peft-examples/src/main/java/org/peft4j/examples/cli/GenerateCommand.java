package org.peft4j.examples.cli;

import java.io.IOException;
import java.util.concurrent.Callable;
import org.peft4j.transformers.Generator;
import org.peft4j.transformers.LanguageModel;
import org.peft4j.transformers.ModelTexts;
import org.peft4j.transformers.Sampling;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Lets a model continue a text. */
@Command(name = "generate", description = "Lets a model continue a text.")
final class GenerateCommand implements Callable<Integer> {

  @Mixin private ModelOptions model;

  @Option(names = "--prompt", required = true, paramLabel = "TEXT", description = "The text.")
  private String prompt;

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
      names = "--top-k",
      paramLabel = "K",
      defaultValue = "0",
      description = "Draw from the K likeliest tokens only; 0 for all. Default: ${DEFAULT-VALUE}.")
  private int topK;

  @Option(
      names = "--top-p",
      paramLabel = "P",
      defaultValue = "1",
      description =
          "Draw from the likeliest tokens that together have probability P. Default:"
              + " ${DEFAULT-VALUE}.")
  private double topP;

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
    model.check();
    chat.check();
    try (LanguageModel adapted = model.load()) {
      ModelTexts texts = adapted.texts();
      Generator.Request request =
          new Generator.Request(maxTokens, sampling, texts.special().ends());
      int[] start = chat.start(prompt, texts, adapted.origin().directory());
      Generator generator = new Generator(adapted.model(), adapted.peft().kernels());
      Pace pace = new Pace();
      int[] tokens = generator.generate(start, request, pace);
      double seconds = pace.seconds();
      String text = texts.continuation(start, tokens);
      output.results(
          new Facts()
              .with("prompt", prompt)
              .with("text", text)
              .with("tokens", tokens)
              .with("seconds", seconds)
              .with("seconds_to_first_token", pace.secondsToFirst())
              .with("tokens_per_second", pace.tokensPerSecond()),
          chat.isAsked() ? text : prompt + text);
    }
    return 0;
  }
}
