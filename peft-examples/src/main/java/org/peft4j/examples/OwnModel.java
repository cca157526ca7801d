package org.peft4j.examples;

import java.util.Map;
import java.util.Random;
import java.util.stream.IntStream;
import org.peft4j.Peft;
import org.peft4j.adapter.AdapterConfig;
import org.peft4j.adapters.FullConfig;
import org.peft4j.adapters.LoraConfig;
import org.peft4j.kernel.Activation;
import org.peft4j.nn.Children;
import org.peft4j.nn.FreshWeights;
import org.peft4j.nn.Linear;
import org.peft4j.nn.Model;
import org.peft4j.nn.Module;
import org.peft4j.nn.Weights;
import org.peft4j.spec.AdapterSpec;
import org.peft4j.spec.TargetModules;
import org.peft4j.tensor.Tape;
import org.peft4j.tensor.Tensor;
import org.peft4j.train.Classification;
import org.peft4j.train.Loss;
import org.peft4j.train.Trainer;
import org.peft4j.train.TrainingConfig;

/** A network of one's own, on tables of numbers: trained whole, then adapted to another sensor. */
public final class OwnModel {

  private OwnModel() {}

  /** 64 pairs of readings, x [64, 2], and whether the machine was too hot. */
  private record Batch(Tensor x, int[] labels) {

    static Batch of(int number, double angle) {
      Random random = new Random(number);
      float[] x = new float[64 * 2];
      int[] labels = new int[64];
      for (int i = 0; i < labels.length; i++) {
        x[2 * i] = 2 * random.nextFloat() - 1;
        x[2 * i + 1] = 2 * random.nextFloat() - 1;
        labels[i] = x[2 * i] * Math.sin(angle) + x[2 * i + 1] * Math.cos(angle) > 0 ? 1 : 0;
      }
      return new Batch(Tensor.of(x, 64, 2), labels);
    }
  }

  /** [n, 2] to [n, 2]: layers, their names, and a way to build it again. */
  private record Network(Linear hidden, Linear out) implements Model<Network> {

    static Network of(Weights weights) {
      return new Network(Linear.of(weights, "hidden", 2, 32), Linear.of(weights, "out", 32, 2));
    }

    Loss loss(Tape t, Batch batch) {
      Tensor h = t.activate(Activation.TANH, hidden.forward(t, batch.x));
      return Classification.loss(t, out.forward(t, h), batch.labels);
    }

    @Override
    public Map<String, Module> children() {
      return new Children().and("hidden", hidden).and("out", out).map();
    }

    @Override
    public Network rebuild(Weights weights) {
      return of(weights);
    }
  }

  /** Trains for one sensor, then adapts to one that sits turned by 0.8 radians. */
  public static void main(String... arguments) {
    Network base = trained("whole", Network.of(FreshWeights.xavier(1)), new FullConfig(), 0);
    trained("LoRA", base, new LoraConfig(2, 4), 0.8);
  }

  private static Network trained(String name, Network model, AdapterConfig config, double angle) {
    var spec = new AdapterSpec(config, TargetModules.allLinear());
    var peft = Peft.adapt(model, spec);
    try (var trainer = new Trainer<>(peft, model::loss, new TrainingConfig(300, 1e-2))) {
      var batches = IntStream.iterate(0, n -> n + 1).mapToObj(n -> Batch.of(n, angle)).iterator();
      double[] losses = trainer.fit(batches).losses();
      System.out.printf("%s: loss %.3f, then %.3f, ", name, losses[0], losses[299]);
      System.out.println(peft.report());
    }
    return peft.merge();
  }
}
