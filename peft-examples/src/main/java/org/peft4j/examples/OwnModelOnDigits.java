package org.peft4j.examples;

import java.io.DataInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import java.util.zip.GZIPInputStream;
import org.peft4j.AdaptedModel;
import org.peft4j.Peft;
import org.peft4j.PeftModel;
import org.peft4j.adapter.AdapterConfig;
import org.peft4j.adapters.BoneConfig;
import org.peft4j.adapters.FullConfig;
import org.peft4j.adapters.HftConfig;
import org.peft4j.adapters.LoraConfig;
import org.peft4j.adapters.SvfitConfig;
import org.peft4j.init.PissaStart;
import org.peft4j.initializer.Initializer;
import org.peft4j.kernel.Activation;
import org.peft4j.nn.Children;
import org.peft4j.nn.FreshWeights;
import org.peft4j.nn.Linear;
import org.peft4j.nn.Model;
import org.peft4j.nn.Module;
import org.peft4j.nn.Weights;
import org.peft4j.spec.AdapterSpec;
import org.peft4j.spec.TargetModules;
import org.peft4j.store.ModelFile;
import org.peft4j.tensor.Tape;
import org.peft4j.tensor.Tensor;
import org.peft4j.train.AdamWSettings;
import org.peft4j.train.Classification;
import org.peft4j.train.Evaluation;
import org.peft4j.train.LearningRate;
import org.peft4j.train.Loss;
import org.peft4j.train.Schedule;
import org.peft4j.train.Trainer;
import org.peft4j.train.TrainingConfig;
import org.peft4j.train.Warmup;

/**
 * A network of one's own on MNIST: trained whole on the digits 0 to 4, saved and loaded, then
 * taught the digits 5 to 9 by five methods, each an adapter over the same base.
 */
public final class OwnModelOnDigits {

  private OwnModelOnDigits() {}

  /** Images, 784 numbers of mean 0 and variance 1 in each row, and what they show. */
  record Batch(Tensor images, int[] digits) {}

  /** Images [n, 784] to the scores of ten digits [n, 10]. */
  record Network(Linear first, Linear second, Linear out) implements Model<Network> {

    static Network of(Weights weights) {
      return new Network(
          Linear.of(weights, "first", 784, 128),
          Linear.of(weights, "second", 128, 64),
          Linear.of(weights, "out", 64, 10));
    }

    Tensor forward(Tape t, Tensor images) {
      Tensor h = t.activate(Activation.RELU, first.forward(t, images));
      return out.forward(t, t.activate(Activation.RELU, second.forward(t, h)));
    }

    Loss loss(Tape t, Batch batch) {
      return Classification.loss(t, forward(t, batch.images), batch.digits);
    }

    @Override
    public Map<String, Module> children() {
      return new Children().and("first", first).and("second", second).and("out", out).map();
    }

    @Override
    public Network rebuild(Weights weights) {
      return of(weights);
    }
  }

  /** A part of MNIST: images one after the other, and what they show. */
  private record Digits(byte[] pixels, byte[] labels) {

    /** The first {@code count} images of a part. */
    static Digits read(Path folder, String part, int count) throws IOException {
      byte[] pixels = bytes(folder.resolve(part + "-images-idx3-ubyte.gz"), 3);
      byte[] labels = bytes(folder.resolve(part + "-labels-idx1-ubyte.gz"), 1);
      return new Digits(pixels, Arrays.copyOf(labels, Math.min(count, labels.length)));
    }

    /** What an IDX file holds after its header: 0, 0, 8 for bytes, the number of extents, these. */
    private static byte[] bytes(Path file, int extents) throws IOException {
      try (var in = new DataInputStream(new GZIPInputStream(Files.newInputStream(file)))) {
        if (in.readInt() != 0x0800 + extents) {
          throw new IOException(file + " is no IDX file of bytes with " + extents + " extents");
        }
        in.skipNBytes(4L * extents);
        return in.readAllBytes();
      }
    }

    /** The images that show one of these digits, 64 a batch. */
    List<Batch> batches(int smallest, int largest) {
      int[] chosen =
          IntStream.range(0, labels.length)
              .filter(i -> labels[i] >= smallest && labels[i] <= largest)
              .toArray();
      return IntStream.iterate(0, from -> from < chosen.length, from -> from + 64)
          .mapToObj(
              from -> batch(Arrays.copyOfRange(chosen, from, Math.min(chosen.length, from + 64))))
          .toList();
    }

    private Batch batch(int[] chosen) {
      float[] rows = new float[chosen.length * 784];
      for (int i = 0; i < rows.length; i++) {
        float grey = (pixels[chosen[i / 784] * 784 + i % 784] & 0xff) / 255f;
        rows[i] = (grey - 0.1307f) / 0.3081f;
      }
      int[] digits = IntStream.of(chosen).map(i -> labels[i]).toArray();
      return new Batch(Tensor.of(rows, chosen.length, 784), digits);
    }
  }

  /** A method and the learning rate it wants here. */
  private record Method(AdapterSpec spec, double rate) {

    /** On the hidden layers; the output layer, which has to answer anew, trains whole. */
    static Method of(String name, AdapterConfig config, double rate) {
      var hidden = TargetModules.names("first", "second");
      return new Method(new AdapterSpec(config, hidden).saving("out").named(name), rate);
    }

    Method startedBy(Initializer initializer) {
      return new Method(spec.startedBy(initializer), rate);
    }
  }

  private static final List<Method> METHODS =
      List.of(
          Method.of("LoRA", new LoraConfig(8, 16), 4e-3),
          Method.of("PiSSA", new LoraConfig(8, 16), 4e-3).startedBy(new PissaStart()),
          Method.of("SVFit", new SvfitConfig(64), 6e-2),
          Method.of("Bone", new BoneConfig(16), 1e-3),
          Method.of("HFT", new HftConfig(), 2e-3));

  /**
   * Prints how many numbers each method trains, how many images are told right, and what becomes of
   * the first ten images by which adapter is at work.
   *
   * @param arguments the folder of MNIST's four files, a folder to save into, and, if not all, how
   *     many images to learn from
   */
  public static void main(String... arguments) throws IOException {
    Path mnist = Path.of(arguments[0]);
    Path folder = Files.createDirectories(Path.of(arguments[1]));
    int count = arguments.length > 2 ? Integer.parseInt(arguments[2]) : 60_000;
    Digits learn = Digits.read(mnist, "train", count);
    Digits test = Digits.read(mnist, "t10k", 10_000);
    Path file = folder.resolve("base.safetensors");
    ModelFile.save(trainedWhole(learn.batches(0, 4)), file);

    var peft = Peft.host(ModelFile.load(file, Network::of));
    adapt(peft, learn.batches(5, 9), test);
    peft.save(folder);
    tellFirstTen(peft, test.batches(0, 9).get(0));
  }

  private static Network trainedWhole(List<Batch> batches) {
    var everything = new AdapterSpec(new FullConfig(), TargetModules.allLinear());
    var whole = Peft.adapt(Network.of(FreshWeights.kaiming(1)), everything).current();
    train(whole, batches, 1e-3);
    return whole.merge();
  }

  /** Five epochs. */
  private static void train(AdaptedModel<Network> adapted, List<Batch> batches, double rate) {
    int steps = 5 * batches.size();
    var source = IntStream.range(0, steps).mapToObj(i -> batches.get(i % batches.size()));
    var falling = new LearningRate(rate, Schedule.COSINE, Warmup.NONE);
    var config = new TrainingConfig(steps, falling, new AdamWSettings(), 1, 1, 0);
    try (var trainer = new Trainer<>(adapted, adapted.model()::loss, config)) {
      trainer.fit(source.iterator());
    }
  }

  private static void adapt(PeftModel<Network> peft, List<Batch> learn, Digits test) {
    List<Batch> known = test.batches(0, 4);
    List<Batch> unknown = test.batches(5, 9);
    System.out.println("| | trains | 5 to 9 | merged, 5 to 9 | 0 to 4 | switched off, 0 to 4 |");
    System.out.println("|---|---:|---:|---:|---:|---:|");
    AdaptedModel<Network> base = peft.base();
    System.out.printf(
        "| base | 0 | %s | | %s | |%n", accuracy(base, unknown), accuracy(base, known));
    for (Method method : METHODS) {
      peft.add(method.spec);
      AdaptedModel<Network> adapted = peft.with(method.spec.name());
      train(adapted, learn, method.rate);
      AdaptedModel<Network> merged = Peft.host(adapted.merge()).base();
      System.out.printf("| %s | %,d ", method.spec.name(), adapted.report().trainable());
      System.out.printf("| %s | %s ", accuracy(adapted, unknown), accuracy(merged, unknown));
      System.out.printf("| %s | %s |%n", accuracy(adapted, known), accuracy(base, known));
    }
  }

  private static String accuracy(AdaptedModel<Network> adapted, List<Batch> batches) {
    Evaluation evaluation = Trainer.evaluate(adapted, adapted.model()::loss, batches);
    return "%.2f %%".formatted(100 * evaluation.measure(Classification.ACCURACY));
  }

  private static void tellFirstTen(PeftModel<Network> peft, Batch batch) {
    System.out.printf("%nshown %s%n", firstTen(batch.digits));
    System.out.printf("base  %s%n", answers(peft.base(), batch));
    for (String name : peft.adapters()) {
      System.out.printf("%-5s %s%n", name, answers(peft.with(name), batch));
    }
  }

  private static String answers(AdaptedModel<Network> adapted, Batch batch) {
    try (Tape t = adapted.inference()) {
      return firstTen(Classification.answers(adapted.model().forward(t, batch.images)));
    }
  }

  private static String firstTen(int[] digits) {
    return Arrays.toString(Arrays.copyOf(digits, 10));
  }
}
