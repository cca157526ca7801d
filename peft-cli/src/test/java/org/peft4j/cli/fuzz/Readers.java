package org.peft4j.cli.fuzz;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.peft4j.adapters.LoraConfig;
import org.peft4j.calibrate.Statistics;
import org.peft4j.cli.tiny.TinyModel;
import org.peft4j.io.CheckedTensors;
import org.peft4j.io.Safetensors;
import org.peft4j.kernel.Buffer;
import org.peft4j.kernel.DataType;
import org.peft4j.kernel.Shape;
import org.peft4j.transformers.LanguageModel;
import org.peft4j.transformers.chat.ChatTemplate;
import org.peft4j.transformers.chat.Message;
import org.peft4j.transformers.text.Tokenizer;

/** The readers by name. */
final class Readers {

  private static final String TEXT = "Once upon a time there was a little cat.";

  private static final Map<String, Reader> ALL =
      Map.of(
          "safetensors", new SafetensorsFolder(),
          "statistics", new StatisticsFile(),
          "model", new Model(),
          "tokenizer", new TokenizerFile(),
          "adapter", new AdapterFolder(),
          "rows", new RowFiles(),
          "template", new Template());

  private Readers() {}

  static Reader named(String name) {
    return ALL.get(name);
  }

  private static final class SafetensorsFolder implements Reader {
    @Override
    public void prepare(Path folder) throws IOException {
      Map<String, Buffer> tensors =
          IntStream.range(0, 4)
              .boxed()
              .collect(
                  Collectors.toMap(
                      i -> "layer." + i + ".weight",
                      i -> Buffer.allocate(DataType.FLOAT32, Shape.of(i + 1, 3))));
      Safetensors.write(folder.resolve("model.safetensors"), tensors, Map.of("format", "pt"));
    }

    @Override
    public List<String> files() {
      return List.of("model.safetensors");
    }

    @Override
    public void read(Path folder) throws IOException {
      try (Safetensors tensors = Safetensors.open(folder.resolve("model.safetensors"))) {
        for (String name : tensors.names()) {
          tensors.read(name, DataType.FLOAT32);
        }
      }
    }
  }

  private static final class StatisticsFile implements Reader {
    @Override
    public void prepare(Path folder) throws IOException {
      Buffer matrix = Buffer.allocate(DataType.FLOAT32, Shape.of(3, 3));
      new CheckedTensors(
              Map.of("layers.2/covariance", "layers.1/covariance"),
              Map.of("layers.0/covariance/sum", matrix, "layers.1/covariance/sum", matrix))
          .write(folder.resolve("found.safetensors"), "peft4j statistics 2");
    }

    @Override
    public List<String> files() {
      return List.of("found.safetensors");
    }

    @Override
    public void read(Path folder) throws IOException {
      Statistics.load(folder.resolve("found.safetensors"));
    }
  }

  private static final class Model implements Reader {
    @Override
    public void prepare(Path folder) throws IOException {
      TinyModel.unpack(folder);
    }

    @Override
    public List<String> files() {
      return List.of(
          "config.json", "generation_config.json", "tokenizer_config.json", "model.safetensors");
    }

    @Override
    public void read(Path folder) throws IOException {
      try (LanguageModel model = LanguageModel.load(folder)) {
        model.generate(TEXT, 1);
      }
    }
  }

  private static final class TokenizerFile implements Reader {
    @Override
    public void prepare(Path folder) throws IOException {
      TinyModel.unpack(folder);
    }

    @Override
    public List<String> files() {
      return List.of("tokenizer.json");
    }

    @Override
    public void read(Path folder) throws IOException {
      try (Tokenizer tokenizer = Tokenizer.load(folder)) {
        tokenizer.decode(tokenizer.encode(TEXT));
      }
    }
  }

  private static final class AdapterFolder implements Reader {

    private LanguageModel model;

    @Override
    public void prepare(Path folder) throws IOException {
      TinyModel.unpack(folder.resolve("model"));
      model = LanguageModel.load(folder.resolve("model"));
      model.adapt(new LoraConfig(2, 4));
      model.save(folder.resolve("adapter"));
    }

    @Override
    public List<String> files() {
      return List.of("adapter/adapter_config.json", "adapter/adapter_model.safetensors");
    }

    @Override
    public void read(Path folder) throws IOException {
      model.peft().load(folder.resolve("adapter"), "other");
      model.peft().delete("other");
    }
  }

  private static final class RowFiles implements Reader {

    private LanguageModel model;

    @Override
    public void prepare(Path folder) throws IOException {
      TinyModel.unpack(folder.resolve("model"));
      model = LanguageModel.load(folder.resolve("model"));
      String text = "{\"text\": \"" + TEXT + "\", \"id\": 1}\n";
      Files.writeString(folder.resolve("texts.jsonl"), text.repeat(3));
      Files.writeString(folder.resolve("texts.json"), "[" + text + ", " + text + "]");
      Files.writeString(
          folder.resolve("completions.jsonl"),
          "{\"prompt\": \"Once upon\", \"completion\": \" a time\"}\n".repeat(2));
      Files.writeString(
          folder.resolve("tokens.jsonl"),
          "{\"input_ids\": [1, 40, 47], \"labels\": [-100, 40, 47]}\n".repeat(2));
      Files.writeString(
          folder.resolve("pairs.jsonl"),
          "{\"prompt\": \"Once\", \"chosen\": \" upon\", \"rejected\": \" no\"}\n".repeat(2));
      Files.writeString(folder.resolve("plain.txt"), TEXT + "\n" + TEXT);
      Files.writeString(
          folder.resolve("table.csv"), "text,id\n\"Once, upon\",1\n\"a \"\"time\"\"\",2\n");
    }

    @Override
    public List<String> files() {
      return List.of(
          "texts.jsonl",
          "texts.json",
          "completions.jsonl",
          "tokens.jsonl",
          "plain.txt",
          "table.csv",
          "pairs.jsonl");
    }

    @Override
    public void read(Path folder) throws IOException {
      for (String file : files()) {
        if (file.startsWith("pairs")) {
          model.readPairs(folder.resolve(file));
        } else {
          model.read(folder.resolve(file));
        }
      }
    }
  }

  private static final class Template implements Reader {

    private static final String CHATML =
        """
        {%- set ns = namespace(first=true) -%}
        {%- macro turn(m) -%}<|im_start|>{{ m['role'] }}
        {{ m.content | trim }}<|im_end|>{%- endmacro -%}
        {%- for message in messages if message.role != 'tool' %}
        {{- turn(message) if not loop.last else turn(messages[-1]) }}{{ '\\n' ~ loop.index0 % 7 }}
        {%- if message.content is string and message['content'][:3].split('a')|length > 1 %}{% endif %}
        {%- set ns.first = false %}{% endfor %}
        {%- if add_generation_prompt %}<|im_start|>assistant{{ [1, 2.5, none]|tojson }}{% endif %}
        """;

    @Override
    public void prepare(Path folder) throws IOException {
      Files.writeString(folder.resolve("chat_template.jinja"), CHATML);
    }

    @Override
    public List<String> files() {
      return List.of("chat_template.jinja");
    }

    @Override
    public void read(Path folder) throws IOException {
      String source =
          new String(
              Files.readAllBytes(folder.resolve("chat_template.jinja")),
              StandardCharsets.ISO_8859_1);
      ChatTemplate.of(source, Map.of())
          .render(List.of(Message.user(TEXT), Message.assistant("Yes.")), true);
    }
  }
}
