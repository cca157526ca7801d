import java.io.IOException;
import java.nio.file.Path;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.learning.config.Nadam;
import org.peft4j.adapters.LoraConfig;
import org.peft4j.kernel.DataType;
import org.peft4j.kernel.KernelSets;
import org.peft4j.nd4j.Nd4jArrays;
import org.peft4j.nd4j.UpdaterSettings;
import org.peft4j.train.LearningRate;
import org.peft4j.train.TrainingConfig;
import org.peft4j.transformers.LanguageModel;

/** What an application that adds a backend of ND4J has: arrays, float64 and updaters. */
public final class Nd4jUse {

  private Nd4jUse() {}

  /** Computes with arrays, then trains the model of the first argument on the texts of the second. */
  public static void main(String... arguments) throws IOException {
    INDArray array = Nd4j.create(new float[] {1, 2, 3, 4}, new int[] {2, 2});
    INDArray back = Nd4jArrays.array(Nd4jArrays.tensor(array));
    array.putScalar(0, 9);
    System.out.println("array " + back.equals(array));
    System.out.println("float64 " + KernelSets.forType(DataType.FLOAT64).name());
    try (var model = LanguageModel.load(Path.of(arguments[0]))) {
      model.adapt(new LoraConfig(8, 16));
      var batches = model.batches(Path.of(arguments[1]), 8);
      var nadam = new UpdaterSettings(new Nadam());
      var settings = new TrainingConfig(10, LearningRate.constant(5e-3), nadam, 1, 1, 0);
      model.train(
          batches,
          settings,
          step -> System.out.printf("step %d: loss %.3f%n", step.step(), step.loss()));
    }
  }
}
