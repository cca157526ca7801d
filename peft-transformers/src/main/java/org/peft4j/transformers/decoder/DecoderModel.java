package org.peft4j.transformers.decoder;

import java.util.List;
import java.util.Set;
import org.peft4j.nn.Embedding;
import org.peft4j.nn.Module;
import org.peft4j.nn.Weights;
import org.peft4j.tensor.Tape;
import org.peft4j.tensor.Tensor;

/**
 * The body of a decoder: token ids to the output of its last layer. All that a family has to write;
 * checks, masks, caches and output layers are the same for all.
 */
public interface DecoderModel extends Module {

  /** Its sizes, those of its config. */
  DecoderSizes sizes();

  /** The table of its tokens. */
  Embedding tokens();

  /**
   * The output of the last layer, normed if the family norms it: n ids to [n, width].
   *
   * @param ids all known to the model
   * @param pass what the rows are, and which see each other
   */
  Tensor forward(Tape t, int[] ids, Pass pass);

  /**
   * This model over other weights.
   *
   * @param vocabulary number of tokens that its table then has
   */
  DecoderModel rebuild(Weights weights, int vocabulary);

  /** Whether the output layer is the table of tokens when the weights hold none of its own. */
  boolean tied();

  /**
   * The linear layers, by the last names of their paths such as {@code q_proj}, that have a bias as
   * {@code config.json} tells it.
   */
  Set<String> biases();

  /** Where it stands in a model with an output layer, as Hugging Face calls it. */
  default String path() {
    return "model";
  }

  /** The linear layers that are usually adapted, by the last names of their paths. */
  default List<String> targets() {
    return List.of("q_proj", "v_proj");
  }
}
