package org.peft4j.examples;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Collections;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.peft4j.AdaptedModel;
import org.peft4j.Peft;
import org.peft4j.adapters.FullConfig;
import org.peft4j.adapters.LoraConfig;
import org.peft4j.kernel.Activation;
import org.peft4j.kernel.ConvolutionShape;
import org.peft4j.kernel.ImageShape;
import org.peft4j.kernel.Shape;
import org.peft4j.kernel.Window;
import org.peft4j.nn.Children;
import org.peft4j.nn.Conv2d;
import org.peft4j.nn.FreshWeights;
import org.peft4j.nn.Linear;
import org.peft4j.nn.Model;
import org.peft4j.nn.Module;
import org.peft4j.nn.StateDict;
import org.peft4j.nn.Weights;
import org.peft4j.spec.AdapterSpec;
import org.peft4j.spec.TargetModules;
import org.peft4j.store.ModelFile;
import org.peft4j.tensor.Tape;
import org.peft4j.tensor.Tensor;
import org.peft4j.train.Classification;
import org.peft4j.train.Loss;
import org.peft4j.train.Trainer;
import org.peft4j.train.TrainingConfig;

/** The network with a convolution that the guide to own models shows. */
class OwnConvolutionTest {

  private static final ConvolutionShape SHAPE =
      new ConvolutionShape(new ImageShape(1, 6, 6), 4, Window.of(3));

  @TempDir Path folder;

  /** Tells bars that lie from bars that stand. */
  private record Network(Conv2d conv, Linear out) implements Model<Network> {

    static Network of(Weights weights) {
      return new Network(Conv2d.of(weights, "conv", SHAPE), Linear.of(weights, "out", 4 * 16, 2));
    }

    Loss loss(Tape t, Batch batch) {
      Tensor h = t.activate(Activation.RELU, conv.forward(t, batch.images));
      return Classification.loss(t, out.forward(t, h), batch.labels);
    }

    @Override
    public Map<String, Module> children() {
      return new Children().and("conv", conv).and("out", out).map();
    }

    @Override
    public Network rebuild(Weights weights) {
      return of(weights);
    }
  }

  /** Images [n, 36] with a bar each. */
  private record Batch(Tensor images, int[] labels) {

    static Batch of(int count) {
      Random random = new Random(1);
      float[] images = new float[count * 36];
      int[] labels = new int[count];
      for (int i = 0; i < count; i++) {
        labels[i] = i % 2;
        int place = random.nextInt(6);
        for (int j = 0; j < 6; j++) {
          images[36 * i + (labels[i] == 0 ? 6 * place + j : 6 * j + place)] = 1;
        }
      }
      return new Batch(Tensor.of(images, count, 36), labels);
    }
  }

  @Test
  void isTrainedWholeSavedAndLoaded() throws IOException {
    var everything = new AdapterSpec(new FullConfig(), TargetModules.allLinear());
    var whole = Peft.adapt(Network.of(FreshWeights.kaiming(1)), everything).current();
    Path file = folder.resolve("bars.safetensors");

    train(whole);
    ModelFile.save(whole.merge(), file);
    var loaded = Peft.host(ModelFile.load(file, Network::of)).base();

    assertThat(accuracy(Peft.host(Network.of(FreshWeights.kaiming(1))).base())).isLessThan(0.9);
    assertThat(accuracy(whole)).isEqualTo(1);
    assertThat(accuracy(loaded)).isEqualTo(1);
    assertThat(ModelFile.read(file).shape("conv.weight")).contains(Shape.of(4, 1, 3, 3));
  }

  @Test
  void trainsBesideAnAdapterAndMerges() {
    Network base = Network.of(FreshWeights.kaiming(1));
    double[] before = kernel(base);
    var lora = new AdapterSpec(new LoraConfig(2, 4), TargetModules.names("out")).saving("conv");
    var adapted = Peft.adapt(base, lora).current();

    train(adapted);
    Network merged = adapted.merge();

    assertThat(accuracy(adapted)).isEqualTo(1);
    assertThat(accuracy(Peft.host(merged).base())).isEqualTo(1);
    assertThat(kernel(base)).containsExactly(before);
    assertThat(kernel(merged)).isNotEqualTo(before);
  }

  private static double[] kernel(Network network) {
    return StateDict.of(network).tensors().get("conv.weight").value().toDoubles();
  }

  private static void train(AdaptedModel<Network> adapted) {
    var config = new TrainingConfig(60, 1e-2);
    try (var trainer = new Trainer<>(adapted, adapted.model()::loss, config)) {
      trainer.fit(Collections.nCopies(60, Batch.of(24)).iterator());
    }
  }

  private static double accuracy(AdaptedModel<Network> adapted) {
    var batches = Collections.singleton(Batch.of(24));
    return Trainer.evaluate(adapted, adapted.model()::loss, batches)
        .measure(Classification.ACCURACY);
  }
}
