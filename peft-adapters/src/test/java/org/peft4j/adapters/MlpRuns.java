package org.peft4j.adapters;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Random;
import org.peft4j.Peft;
import org.peft4j.PeftModel;
import org.peft4j.adapter.AdapterConfig;
import org.peft4j.io.Safetensors;
import org.peft4j.kernel.Buffer;
import org.peft4j.kernel.DataType;
import org.peft4j.spec.AdapterSpec;
import org.peft4j.spec.TargetModules;
import org.peft4j.tensor.Tape;
import org.peft4j.tensor.Tensor;
import org.peft4j.testkit.Mlp;

/** What several tests do with the small model. */
final class MlpRuns {

  private MlpRuns() {}

  static Mlp mlp() {
    return Mlp.random(DataType.FLOAT64, 1);
  }

  static PeftModel<Mlp> adapted(AdapterConfig config) {
    return adapted(mlp(), config);
  }

  static PeftModel<Mlp> adapted(Mlp mlp, AdapterConfig config) {
    return Peft.adapt(mlp, new AdapterSpec(config, TargetModules.allLinear()).seeded(3));
  }

  /** Adds to every trained number a normal one of this deviation. */
  static PeftModel<Mlp> moved(PeftModel<Mlp> model, double deviation) {
    Random random = new Random(4);
    for (Tensor tensor : model.trainable().values()) {
      double[] values = tensor.value().toDoubles();
      Arrays.setAll(values, i -> values[i] + deviation * random.nextGaussian());
      tensor.value().put(values);
    }
    return model;
  }

  static double[] output(PeftModel<Mlp> model) {
    Tensor x = Mlp.normal(model.type(), new Random(11), 1, 8, Mlp.IN);
    try (Tape t = model.inference()) {
      return model.model().forward(t, x).value().toDoubles();
    }
  }

  /** The tensors of the adapter in {@code folder}. */
  static Map<String, Buffer> tensors(Path folder) throws IOException {
    Map<String, Buffer> all = new LinkedHashMap<>();
    try (Safetensors tensors = Safetensors.open(folder.resolve("adapter_model.safetensors"))) {
      for (String name : tensors.names()) {
        all.put(name, tensors.read(name, DataType.FLOAT64));
      }
    }
    return all;
  }

  static void write(Path folder, Map<String, Buffer> tensors) throws IOException {
    Safetensors.write(folder.resolve("adapter_model.safetensors"), tensors);
  }
}
