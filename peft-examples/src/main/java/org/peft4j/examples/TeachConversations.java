package org.peft4j.examples;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.peft4j.adapters.LoraConfig;
import org.peft4j.train.TrainingConfig;
import org.peft4j.transformers.LanguageModel;
import org.peft4j.transformers.chat.ChatTemplate;
import org.peft4j.transformers.chat.Conversation;
import org.peft4j.transformers.chat.Message;
import org.peft4j.transformers.data.Batches;
import org.peft4j.transformers.data.Order;
import org.peft4j.transformers.generate.Sampling;

/** Teaches a base model, which has no chat template, to answer as one that you give it says. */
public final class TeachConversations {

  private TeachConversations() {}

  /**
   * Fine-tunes on conversations, saves, and asks.
   *
   * @param arguments the folder of a Hugging Face model, a Jinja file with the chat template, a
   *     JSON Lines file with {@code messages}, a folder for the adapter, and a question
   */
  public static void main(String... arguments) throws IOException {
    Path folder = Path.of(arguments[0]);
    ChatTemplate template = ChatTemplate.read(Path.of(arguments[1]), folder);
    try (var model = LanguageModel.load(folder)) {
      model.adapt(new LoraConfig(8, 16));
      var examples = model.rows(Path.of(arguments[2]), model.settings(128).with(template)).list();
      var batches = new Batches(examples, 8, Order.shuffled(0));
      var report = model.train(batches, new TrainingConfig(100, 5e-3));
      System.out.printf("loss %.3f, then %.3f%n", report.losses()[0], report.losses()[99]);
      model.save(Path.of(arguments[3]));

      var question = Conversation.of(List.of(Message.user(arguments[4])));
      System.out.println("answer: " + model.answer(question, template, 40, Sampling.greedy()));
    }
  }
}
