package org.peft4j.transformers;

import java.nio.file.Path;
import java.util.List;
import org.bytedeco.javacpp.Pointer;
import org.peft4j.adapters.DoraConfig;
import org.peft4j.adapters.LoraConfig;
import org.peft4j.spec.AdapterSpec;
import org.peft4j.spec.TargetModules;
import org.peft4j.train.TrainingConfig;
import org.peft4j.transformers.data.Batches;
import org.peft4j.transformers.data.Example;
import org.peft4j.transformers.data.Order;

/** Opens, uses and closes a model time and again, and tells how much native memory is held. */
final class OpenAndClose {

  private OpenAndClose() {}

  public static void main(String[] arguments) throws Exception {
    Path folder = Path.of(arguments[0]);
    Path scratch = Path.of(arguments[1]);
    int times = Integer.parseInt(arguments[2]);
    for (int i = 0; i < times; i++) {
      once(folder, scratch.resolve("merged" + i));
      System.out.println("held " + Pointer.totalBytes());
    }
  }

  private static void once(Path folder, Path merged) throws Exception {
    try (LanguageModel model = LanguageModel.load(folder)) {
      model.adapt(new LoraConfig(8, 16));
      model
          .peft()
          .add(new AdapterSpec(new DoraConfig(4, 8), TargetModules.allLinear()).named("other"));
      List<Example> examples = model.read(story(folder));
      model.train(new Batches(examples, 2, Order.asListed()), new TrainingConfig(2, 1e-3));
      model.train(new Batches(examples, 2, Order.asListed()), new TrainingConfig(2, 1e-3));
      model.generate("Once upon a time", 3);
      model.peft().delete("other");
      model.merge(merged);
    }
  }

  private static Path story(Path folder) throws Exception {
    Path file = java.nio.file.Files.createTempFile("story", ".jsonl");
    file.toFile().deleteOnExit();
    java.nio.file.Files.writeString(
        file, "{\"text\": \"Once upon a time there was a cat.\"}\n".repeat(4));
    return file;
  }
}
