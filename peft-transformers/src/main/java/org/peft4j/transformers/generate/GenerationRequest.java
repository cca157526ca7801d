package org.peft4j.transformers.generate;

import java.util.List;

/**
 * A text to be continued.
 *
 * @param prompt the tokens it begins with
 * @param settings how many tokens follow, and how they are chosen
 * @param stops stop words: the text ends before the first that comes up, however tokens divide it
 * @param adapters through which it is computed, each seeing the ones before it as its base; none
 *     for the base alone
 */
public record GenerationRequest(
    int[] prompt, Generator.Request settings, List<String> stops, List<String> adapters) {

  public GenerationRequest {
    prompt = prompt.clone();
    stops = List.copyOf(stops);
    adapters = List.copyOf(adapters);
    if (prompt.length == 0) {
      throw new IllegalArgumentException(
          "a prompt has at least one token; ModelTexts.prompt puts the one before it that begins"
              + " texts, if the model has one");
    }
    if (stops.contains("")) {
      throw new IllegalArgumentException("a stop word has at least one character");
    }
  }

  /** Without stop words and adapters. */
  public GenerationRequest(int[] prompt, Generator.Request settings) {
    this(prompt, settings, List.of(), List.of());
  }

  /** The same, with tokens chosen in another way. */
  public GenerationRequest with(Sampling sampling) {
    Generator.Request drawn =
        new Generator.Request(settings.maxTokens(), sampling, settings.ends());
    return new GenerationRequest(prompt, drawn, stops, adapters);
  }

  /** The same, ending before any of these words. */
  public GenerationRequest stoppingAt(String... words) {
    return new GenerationRequest(prompt, settings, List.of(words), adapters);
  }

  /** The same, through these adapters. */
  public GenerationRequest through(String... names) {
    return new GenerationRequest(prompt, settings, stops, List.of(names));
  }
}
