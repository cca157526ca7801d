package org.peft4j.adapters;

import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.peft4j.adapter.Adapter;
import org.peft4j.adapter.AdapterConfig;
import org.peft4j.adapter.AdapterSite;
import org.peft4j.adapter.Base;
import org.peft4j.adapter.Trainable;
import org.peft4j.settings.FileKey;
import org.peft4j.settings.Require;
import org.peft4j.tensor.Tape;
import org.peft4j.tensor.Tensor;

/**
 * Bone (Kang, arXiv 2409.15371, first version; called Bat, block affine transformation, since): the
 * frozen weight guides its own update.
 *
 * <p>W is cut into blocks [rank, rank], and every block becomes {@code Wᵢⱼ + Wᵢⱼ·D + D}, where D
 * [rank, rank] is trained from zero, so the layer starts equal to the base. Which blocks share a D
 * the orientation says. The update has full rank. {@link MissConfig} has the later, linear form.
 *
 * <p>By the block of inputs it costs half of LoRA at the same rank on a square layer and never
 * looks at W, so W may be quantized; by the block of outputs it costs as much as training W itself.
 *
 * @param rank rows and columns of a block; at least 1, and must divide the inputs and the outputs
 *     of every layer
 * @param orientation which blocks share a D
 */
public record BoneConfig(@FileKey("r") int rank, @FileKey("init_weights") Orientation orientation)
    implements AdapterConfig {

  /** Which blocks of the weight share a trained D. Trained tensors of one do not fit the other. */
  public enum Orientation {
    /**
     * Those of the same inputs, as in RWKV-PEFT: D [in/rank, rank, rank]. Hugging Face PEFT has no
     * such form and refuses the file.
     */
    @FileKey("bat_in_block")
    IN_BLOCK,
    /** Those of the same outputs, as in Hugging Face PEFT: D [out/rank, rank, rank]. */
    @FileKey("bat")
    OUT_BLOCK
  }

  public BoneConfig {
    Require.positive("rank", rank);
  }

  /** Hugging Face PEFT's rank of 64, by the block of inputs. */
  public BoneConfig() {
    this(64);
  }

  /** By the block of inputs. */
  public BoneConfig(int rank) {
    this(rank, Orientation.IN_BLOCK);
  }

  @Override
  public String type() {
    return "MISS";
  }

  @Override
  public String method() {
    return "bone";
  }

  @Override
  public Map<String, @Nullable Object> fileDefaults() {
    return Map.of("miss_dropout", 0.0, "mini_r", 1);
  }

  /** PEFT accepts them for this form and does not look at them. */
  @Override
  public Set<String> harmlessFileKeys() {
    return Set.of("miss_dropout", "mini_r");
  }

  /**
   * @throws IllegalArgumentException if the rank does not divide the layer's inputs and outputs
   */
  @Override
  public Adapter create(AdapterSite site) {
    if (site.in() % rank != 0 || site.out() % rank != 0) {
      throw new IllegalArgumentException(
          "rank must divide the inputs and the outputs of "
              + site.path()
              + ", which are "
              + site.in()
              + " and "
              + site.out()
              + ", but was "
              + rank);
    }
    if (orientation == Orientation.IN_BLOCK) {
      return new InBlockAdapter(site.full(0, site.in() / rank, rank, rank), 1);
    }
    Tensor blocks = site.full(0, site.out() / rank, rank, rank);
    return new OutBlockAdapter(blocks, site.fromWeight(values -> plusUnits(values, site.in())), 1);
  }

  /** Adds a unit matrix to every block. */
  private double[] plusUnits(double[] weight, int in) {
    for (int row = 0; row * in < weight.length; row++) {
      for (int column = row % rank; column < in; column += rank) {
        weight[row * in + column]++;
      }
    }
    return weight;
  }

  private record InBlockAdapter(Tensor blocks, double scaling) implements Adapter {

    @Override
    public Optional<Trainable> scaled(double factor) {
      return Optional.of(new InBlockAdapter(blocks, scaling * factor));
    }

    @Override
    public Map<String, Tensor> parameters() {
      return Map.of("miss_block", blocks);
    }

    /** With {@code zⱼ = Dⱼ·xⱼ} it is {@code W·(x + z)} plus the sum of all zⱼ at every block. */
    @Override
    public Tensor forward(Tape t, Tensor x, Base base) {
      Tensor turned = t.blockLinear(x, blocks);
      Tensor z = scaling == 1 ? turned : t.scale(turned, scaling);
      Tensor sum = t.sumTiles(z, blocks.shape().columns());
      return t.addTiled(base.apply(t, t.addInto(z, x, 1)), sum, 1);
    }
  }

  /**
   * @param guide [out, in], each block of which is {@code Wᵢⱼ + I}
   */
  private record OutBlockAdapter(Tensor blocks, Tensor guide, double scaling) implements Adapter {

    @Override
    public Optional<Trainable> scaled(double factor) {
      return Optional.of(new OutBlockAdapter(blocks, guide, scaling * factor));
    }

    @Override
    public Map<String, Tensor> parameters() {
      return Map.of("miss_block", blocks);
    }

    /**
     * With {@code Uᵢⱼ = (Wᵢⱼ + I)·Dᵢ} it is {@code x·(W + U)ᵀ}. To add U to W takes in * out
     * operations; a second product would take 2 * n * in * out, and as many in backward.
     */
    @Override
    public Tensor forward(Tape t, Tensor x, Base base) {
      Tensor update = t.blockMatmul(guide, blocks, blocks.shape().dim(0));
      return base.weight()
          .map(plain -> t.linear(x, t.addInto(scaled(t, update), plain, 1)))
          .orElseGet(() -> t.addLinear(base.apply(t, x), x, update, scaling));
    }

    private Tensor scaled(Tape t, Tensor update) {
      return scaling == 1 ? update : t.scale(update, scaling);
    }
  }
}
