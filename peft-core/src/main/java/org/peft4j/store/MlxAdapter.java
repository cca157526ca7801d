package org.peft4j.store;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.peft4j.io.AdapterFormatException;
import org.peft4j.io.Excerpt;
import org.peft4j.io.Json;
import org.peft4j.kernel.Buffer;
import org.peft4j.kernel.DataType;
import org.peft4j.kernel.Shape;

/**
 * An adapter that mlx-lm wrote, as PEFT would have written it. Its factors lie the other way round,
 * its scale is a number of its own instead of alpha over rank, and its config does not say which
 * layers have one: the tensors do.
 */
final class MlxAdapter {

  static final String TENSORS = "adapters.safetensors";

  private static final String A = ".lora_a";
  private static final String B = ".lora_b";
  private static final String MAGNITUDE = ".m";
  private static final String EMBEDDING = "embed_tokens";

  private MlxAdapter() {}

  /** Whether {@code config} is what mlx-lm writes. */
  static boolean is(ObjectNode config) {
    return !config.has("peft_type")
        && (config.has("fine_tune_type") || config.has("lora_parameters"));
  }

  /**
   * {@code config} in PEFT's words.
   *
   * @param tensors as {@link #turned} gives them
   */
  static ObjectNode config(Path file, ObjectNode config, TensorSource tensors)
      throws AdapterFormatException {
    String type = config.path("fine_tune_type").asText("lora");
    if (!type.equals("lora") && !type.equals("dora")) {
      throw new AdapterFormatException(
          file,
          "fine_tune_type is "
              + Excerpt.of(type)
              + "; of what mlx-lm writes, lora and dora are read here, so fuse it into its model"
              + " there (mlx_lm.fuse) and give that as the model");
    }
    JsonNode parameters = config.path("lora_parameters");
    double rank = positive(file, parameters, "rank");
    double scale = positive(file, parameters, "scale");
    ObjectNode peft = Json.MAPPER.createObjectNode();
    peft.put("peft_type", "LORA");
    peft.put("use_dora", type.equals("dora"));
    peft.put("r", (long) rank);
    peft.put("lora_alpha", scale * rank);
    peft.put("lora_dropout", parameters.path("dropout").asDouble(0));
    if (config.path("model").isTextual()) {
      peft.set("base_model_name_or_path", config.get("model"));
    }
    ArrayNode targets = peft.putArray("target_modules");
    layers(tensors).forEach(targets::add);
    return peft;
  }

  private static double positive(Path file, JsonNode parameters, String key)
      throws AdapterFormatException {
    JsonNode value = parameters.path(key);
    if (!value.isNumber() || !(value.doubleValue() > 0) || value.doubleValue() > 1e30) {
      throw new AdapterFormatException(
          file,
          "lora_parameters."
              + key
              + " of an adapter of mlx-lm should be a number above 0 but is "
              + (value.isMissingNode() ? "missing" : Excerpt.of(value.toString())));
    }
    return value.doubleValue();
  }

  /** The layers that have factors, by paths that PEFT would target exactly. */
  private static Set<String> layers(TensorSource tensors) {
    Set<String> layers = new TreeSet<>();
    for (String name : tensors.names()) {
      int factor = name.lastIndexOf(".lora_");
      if (factor > AdapterStore.PREFIX.length() && name.startsWith(AdapterStore.PREFIX)) {
        layers.add(name.substring(AdapterStore.PREFIX.length(), factor));
      }
    }
    return layers;
  }

  /** {@code tensors} under PEFT's names, turned. */
  static TensorSource turned(TensorSource tensors) {
    Map<String, String> names = new LinkedHashMap<>();
    tensors.names().forEach(name -> names.put(peftName(name), name));
    return new Turned(tensors, names);
  }

  private static String peftName(String name) {
    if (name.endsWith(A) || name.endsWith(B)) {
      String layer = name.substring(0, name.length() - A.length());
      String factor = name.endsWith(A) ? "A" : "B";
      return layer.endsWith(EMBEDDING)
          ? AdapterStore.PREFIX + layer + ".lora_embedding_" + factor
          : AdapterStore.PREFIX + layer + ".lora_" + factor + ".weight";
    }
    return name.endsWith(MAGNITUDE)
        ? AdapterStore.PREFIX
            + name.substring(0, name.length() - MAGNITUDE.length())
            + ".lora_magnitude_vector"
        : AdapterStore.PREFIX + name;
  }

  /**
   * @param names what PEFT calls a tensor, and what the file does
   */
  private record Turned(TensorSource tensors, Map<String, String> own) implements TensorSource {

    @Override
    public Path file() {
      return tensors.file();
    }

    @Override
    public Set<String> names() {
      return own.keySet();
    }

    private String own(String name) {
      return own.getOrDefault(name, name);
    }

    private boolean isFactor(String name) {
      return own(name).endsWith(A) || own(name).endsWith(B);
    }

    @Override
    public Shape shape(String name) {
      Shape shape = tensors.shape(own(name));
      return isFactor(name) && shape.rank() == 2 ? Shape.of(shape.columns(), shape.rows()) : shape;
    }

    @Override
    public Buffer read(String name, DataType as) throws IOException {
      Buffer stored = tensors.read(own(name), as);
      if (!isFactor(name) || stored.shape().rank() != 2) {
        return stored;
      }
      int rows = stored.rows();
      int columns = stored.columns();
      double[] values = stored.toDoubles();
      double[] turned = new double[values.length];
      for (int i = 0; i < turned.length; i++) {
        turned[i] = values[i % rows * columns + i / rows];
      }
      Buffer buffer = Buffer.allocate(as, Shape.of(columns, rows));
      buffer.put(turned);
      return buffer;
    }

    @Override
    public Map<String, String> metadata() {
      return tensors.metadata();
    }

    @Override
    public void close() throws IOException {
      tensors.close();
    }
  }
}
