package org.peft4j.init;

import java.util.Arrays;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.peft4j.adapter.AdapterSite;
import org.peft4j.init.linalg.Sketch;
import org.peft4j.init.linalg.Svd;
import org.peft4j.initializer.FromWeight;
import org.peft4j.initializer.Initializer;
import org.peft4j.initializer.Start;
import org.peft4j.kernel.Buffer;

/**
 * PiSSA (Meng, Wang and Zhang, NeurIPS 2024, arXiv 2404.02948): trains the principal part of the
 * weight and freezes the rest.
 *
 * <p>With {@code W = U·diag(S)·Vᵀ} [out, in], its r largest singular values and the scale s: {@code
 * B = U·diag(√(S/s))} [out, r] and {@code A = diag(√(S/s))·Vᵀ} [r, in], so that {@code s·B·A} is
 * the best approximation of W of rank r whatever alpha is. The layer starts equal to the base. W is
 * decomposed in its own type.
 *
 * <p>Often learns faster than LoRA's own start, at larger ranks more so; may forget more of what
 * the base knew. Wants smaller learning rates than LoRA's own start does.
 *
 * @param iterations rounds of a randomised decomposition, which is much faster than the exact one
 *     on large weights; 4 is usual, 16 is what the authors use. Empty means exactly. The small
 *     components may differ from Hugging Face PEFT's, which does not oversample
 */
public record PissaStart(OptionalInt iterations) implements FromWeight {

  private static final Pattern FAST = Pattern.compile("pissa_niter_(\\d{1,4})");

  /** With the exact decomposition. */
  public PissaStart() {
    this(OptionalInt.empty());
  }

  /** With a randomised decomposition of that many rounds; drawn from the adapter's seed. */
  public static PissaStart fast(int iterations) {
    return new PissaStart(OptionalInt.of(iterations));
  }

  public PissaStart {
    if (iterations.isPresent() && iterations.getAsInt() < 0) {
      throw new IllegalArgumentException(
          "iterations must be at least 0 but was " + iterations.getAsInt());
    }
  }

  @Override
  public String name() {
    return iterations.isPresent() ? "pissa_niter_" + iterations.getAsInt() : "pissa";
  }

  @Override
  public Optional<Initializer> called(String name) {
    Matcher fast = FAST.matcher(name);
    if (fast.matches()) {
      return Optional.of(fast(Integer.parseInt(fast.group(1))));
    }
    return name.equals("pissa") ? Optional.of(new PissaStart()) : Optional.empty();
  }

  @Override
  public boolean isRepeatable() {
    return iterations.isEmpty();
  }

  @Override
  public Start start(AdapterSite site, int rank, double scaling) {
    Svd principal = decomposed(site, rank).components(0, rank);
    double[] roots =
        Arrays.stream(principal.singularValues())
            .map(value -> Math.sqrt(value / scaling))
            .toArray();
    return Start.at(
            site.trained(principal.vt().scaleRows(roots).toArray(), rank, site.in()),
            site.trained(principal.u().scaleColumns(roots).toArray(), site.out(), rank))
        .holding(site.share(principal.singularValues()));
  }

  /** In the weight's own type. */
  private Svd decomposed(AdapterSite site, int rank) {
    Buffer weight = site.weight();
    return iterations.isPresent()
        ? Sketch.of(rank, iterations.getAsInt(), site.seed("pissa"))
            .in(weight.type())
            .decompose(site.path(), weight)
        : Svd.of(site.path(), weight);
  }
}
