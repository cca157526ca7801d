package org.peft4j.adapters;

import java.util.Arrays;
import java.util.Map;
import java.util.Optional;
import org.peft4j.adapter.Adapter;
import org.peft4j.adapter.AdapterConfig;
import org.peft4j.adapter.AdapterSite;
import org.peft4j.adapter.Base;
import org.peft4j.adapter.LowRank;
import org.peft4j.adapter.LowRankUpdate;
import org.peft4j.adapter.Trainable;
import org.peft4j.kernel.Shape;
import org.peft4j.settings.FileKey;
import org.peft4j.settings.Require;
import org.peft4j.tensor.Tape;
import org.peft4j.tensor.Tensor;

/**
 * MiSS (Kang and Yin, arXiv 2409.15371, from its third version on; also called DiSHA and, in
 * Hugging Face PEFT 0.14 to 0.18, Bone): one trained shard that all groups of inputs share.
 *
 * <p>{@code y = W·x + Dᵀ·s}, where s [rank] sums x in steps of rank, {@code s[j] = x[j] + x[j +
 * rank] + ...}, and D [rank, out] is trained from zero, so the layer starts equal to the base. That
 * is LoRA whose A is frozen unit matrices side by side. In the {@link Form#MINI} form D is [rank,
 * miniR] and repeated along the outputs too.
 *
 * <p>Backward needs s but not x, so it takes the least memory of all methods; half the trained
 * parameters of LoRA at the same rank. The sum is not normalised: with LoRA's learning rate it
 * learns faster, up to in/rank times.
 *
 * @param rank rows of D; at least 1, and the inputs need not be a multiple of it
 * @param dropout probability of dropping an input of the sum while training; at least 0, below 1
 * @param miniR columns of D in the mini form, where it must divide the outputs of every layer; at
 *     least 1, and of no effect otherwise
 * @param form how D covers the outputs
 */
public record MissConfig(
    @FileKey("r") int rank,
    @FileKey("miss_dropout") double dropout,
    int miniR,
    @FileKey("init_weights") Form form)
    implements AdapterConfig {

  /** How the trained shard covers the outputs of a layer. */
  public enum Form {
    /** A column for every output. */
    @FileKey("true")
    SHARD,
    /** A few columns, repeated. */
    @FileKey("mini")
    MINI
  }

  public MissConfig {
    Require.positive("rank", rank);
    Require.probability("dropout", dropout);
    Require.positive("mini_r", miniR);
  }

  /** The defaults Hugging Face PEFT uses: rank 64. */
  public MissConfig() {
    this(64);
  }

  /** Without dropout, a column for every output. */
  public MissConfig(int rank) {
    this(rank, 0, 1, Form.SHARD);
  }

  @Override
  public String type() {
    return "MISS";
  }

  @Override
  public String method() {
    return "miss";
  }

  /**
   * @throws IllegalArgumentException in the mini form, if the layer's outputs are no multiple of
   *     {@code miniR}
   */
  @Override
  public Adapter create(AdapterSite site) {
    return new MissAdapter(site.full(0, rank, columns(site)), dropout, 1);
  }

  private int columns(AdapterSite site) {
    if (form == Form.SHARD) {
      return site.out();
    }
    if (site.out() % miniR != 0) {
      throw new IllegalArgumentException(
          "mini_r must divide the outputs of "
              + site.path()
              + ", which are "
              + site.out()
              + ", but was "
              + miniR);
    }
    return miniR;
  }

  /** What layers of one input share. */
  private record TileSums(int rank) {}

  private record MissAdapter(Tensor shard, double dropout, double scaling) implements Adapter {

    /** A is unit matrices side by side, B the transposed shard, repeated in the mini form. */
    @Override
    public Optional<LowRankUpdate> lowRankUpdate(Shape weight) {
      return Optional.of(new LowRankUpdate(factors(weight), scaling));
    }

    private LowRank factors(Shape weight) {
      int rank = shard.shape().rows();
      double[] units = new double[rank * weight.columns()];
      for (int i = 0; i < weight.columns(); i++) {
        units[i % rank * weight.columns() + i] = 1;
      }
      return new LowRank(
          Tensor.of(units, rank, weight.columns()),
          Tensor.of(repeated(weight.rows(), rank), weight.rows(), rank));
    }

    private double[] repeated(int out, int rank) {
      double[] values = shard.value().toDoubles();
      int columns = shard.shape().columns();
      double[] b = new double[out * rank];
      Arrays.setAll(b, at -> values[at % rank * columns + at / rank % columns]);
      return b;
    }

    @Override
    public Optional<Trainable> scaled(double factor) {
      return Optional.of(new MissAdapter(shard, dropout, scaling * factor));
    }

    @Override
    public Map<String, Tensor> parameters() {
      return Map.of("miss_block", shard);
    }

    @Override
    public Tensor forward(Tape t, Tensor x, Base base) {
      TileSums tiles = new TileSums(shard.shape().rows());
      Tensor sums = t.once(t.dropout(x, dropout), tiles, in -> t.sumTiles(in, tiles.rank()));
      Tensor y = base.apply(t, x);
      return y.shape().columns() == shard.shape().columns()
          ? t.addMatmul(y, sums, shard, scaling)
          : t.addTiled(y, t.matmul(sums, shard), scaling);
    }
  }
}
