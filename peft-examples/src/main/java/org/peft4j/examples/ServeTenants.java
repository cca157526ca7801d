package org.peft4j.examples;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.peft4j.train.TrainingConfig;
import org.peft4j.transformers.LanguageModel;

/**
 * A service for several tenants over one base: each request names its tenant's adapter, any thread
 * answers, and meanwhile one tenant's adapter learns on and is swapped in.
 */
public final class ServeTenants {

  private static final List<String> TENANTS = List.of("anna", "bert", "anna", "nobody");

  private ServeTenants() {}

  /**
   * Serves, trains and swaps.
   *
   * @param arguments the folder of a Hugging Face model, the folders of two tenants' adapters, a
   *     JSON Lines file with texts for the second one, a folder for what it learns, and a prompt
   */
  public static void main(String... arguments)
      throws IOException, InterruptedException, ExecutionException {
    ExecutorService threads = Executors.newFixedThreadPool(4);
    try (var model = LanguageModel.load(Path.of(arguments[0]))) {
      model.peft().load(Path.of(arguments[1]), "anna");
      model.peft().load(Path.of(arguments[2]), "bert");
      model.peft().load(Path.of(arguments[2]), "bert-learning");
      serve(threads, model, arguments[5]);

      Path learned = Path.of(arguments[4]);
      Future<?> learning = threads.submit(() -> learn(model, Path.of(arguments[3]), learned));
      while (!learning.isDone()) {
        serve(threads, model, arguments[5]);
      }
      learning.get();

      model.peft().replace(learned.resolve("bert-learning"), "bert");
      model.peft().delete("bert-learning");
      System.out.println("bert's adapter is another one now");
      serve(threads, model, arguments[5]);
    } finally {
      threads.shutdown();
    }
  }

  /** One request of each tenant, answered at the same time. */
  private static void serve(ExecutorService threads, LanguageModel model, String prompt)
      throws InterruptedException, ExecutionException {
    List<Future<String>> answers =
        TENANTS.stream()
            .map(tenant -> threads.submit(() -> answer(model, tenant, prompt)))
            .toList();
    for (int i = 0; i < answers.size(); i++) {
      System.out.println(TENANTS.get(i) + ":" + answers.get(i).get().replace('\n', ' '));
    }
  }

  private static String answer(LanguageModel model, String tenant, String prompt) {
    boolean known = model.peft().adapters().contains(tenant);
    return (known ? model.with(tenant) : model.base()).generate(prompt, 12);
  }

  private static Void learn(LanguageModel model, Path texts, Path folder) throws IOException {
    var learning = model.with("bert-learning");
    learning.train(model.batches(texts, 8), new TrainingConfig(30, 5e-3));
    learning.save(folder);
    return null;
  }
}
