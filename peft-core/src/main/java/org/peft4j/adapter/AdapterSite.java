package org.peft4j.adapter;

import java.util.Optional;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import org.peft4j.kernel.Buffer;
import org.peft4j.kernel.DataType;
import org.peft4j.kernel.FrozenWeight;
import org.peft4j.kernel.Shape;
import org.peft4j.tensor.Tensor;

/**
 * One layer, as a config sees it when it builds an adapter: where it is, its shape, read access to
 * its frozen weight, and the means to make tensors. Random numbers depend on the seed, the path and
 * the tensor's name, and on nothing else. Core implements it.
 */
public interface AdapterSite {

  /** The layer's path, such as {@code model.layers.0.self_attn.q_proj}. */
  String path();

  /** Width of the input of a linear layer; of an embedding, the width of its rows. */
  int in();

  /** Width of the output of a linear layer; of an embedding, the number of its rows. */
  int out();

  /** The widest input of all layers of this adapter. */
  int largestIn();

  /** The widest output of all layers of this adapter. */
  int largestOut();

  /** The type of what is trained: FLOAT32 or FLOAT64. */
  DataType type();

  /**
   * The frozen weight [out, in] in {@link #type}, to read and never to write to; where the weight
   * is held in fewer bits, a copy that is made when this is first asked for.
   */
  Buffer weight();

  /**
   * A constant [out, in], of the type that the frozen weight is held in.
   *
   * @param change makes its entries of those of the weight
   */
  Tensor fromWeight(UnaryOperator<double[]> change);

  /** {@code Σⱼ W[i, j]²} for every row i of the frozen weight. */
  double[] squaredRowNorms();

  /**
   * The share, 0 to 1, that a part of the weight has of the whole.
   *
   * @param values singular values of the part, or its entries
   */
  double share(double[] values);

  /**
   * Start values A [rank, in] and B [out, rank] of a method that adds {@code scaling·B·A} to the
   * weight: the initializer's, or those of plain LoRA (A drawn evenly, B zero). Where the product
   * is not zero, the adapter's base is moved by as much, so that it starts equal to the weight.
   *
   * @throws IllegalArgumentException if the initializer cannot start this rank on this weight, or
   *     has not seen what it needs
   */
  LowRank lowRank(int rank, double scaling);

  /**
   * Start values A [rank, in] and B [out, rank] with {@code B·A = 0}, of a method that cannot start
   * elsewhere.
   *
   * @throws IllegalArgumentException if the initializer starts elsewhere
   */
  LowRank lowRank(int rank);

  /** A trained tensor with every entry {@code value}. */
  Tensor full(double value, int... dims);

  /**
   * A trained [rows, columns] drawn evenly from ±1/sqrt(columns): Kaiming's rule with a = sqrt(5),
   * PyTorch's default.
   */
  Tensor kaimingUniform(String name, int rows, int columns);

  /** A trained tensor drawn from a normal distribution around zero. */
  Tensor normal(String name, double standardDeviation, int... dims);

  /** A trained tensor that starts with these values. */
  Tensor trained(double[] values, int... dims);

  /** A seed for {@code name} that no other layer and no other name has. */
  long seed(String name);

  /** A constant of the given shape. It is not saved. */
  Tensor constant(double[] values, int... dims);

  /**
   * A constant that all layers of this adapter share, made from {@code values} by the first of them
   * that asks for it. It is not saved.
   */
  Tensor shared(String name, Supplier<double[]> values, int... dims);

  /**
   * A constant matrix [k, d] that several layers multiply by, prepared for that once, in the type
   * that the frozen weight is held in.
   *
   * @param name the same for all of them
   */
  FrozenWeight sharedFrozen(String name, Tensor matrix);

  /**
   * Like {@link #shared}, but saved with the adapter, beside its layers; in an adapter from a file
   * it has the values from there.
   */
  Tensor sharedAndSaved(String name, Supplier<double[]> values, int... dims);

  /**
   * A constant of this layer alone that is saved with the adapter, as {@code <path>.name}: made
   * from {@code values} where the adapter is new. For one from a file, {@code values} is not asked;
   * they come from there, as those of trained tensors do, once all layers are built.
   */
  Tensor saved(String name, Supplier<double[]> values, int... dims);

  /**
   * The shape that {@code <path>.name} has in the file this adapter comes from; empty where the
   * adapter is new. Tells an extent that only the data knew when the adapter was made.
   *
   * @throws java.io.UncheckedIOException if the file does not hold it
   */
  Optional<Shape> storedShape(String name);
}
