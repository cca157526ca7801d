package org.peft4j.init;

import org.peft4j.adapter.AdapterSite;
import org.peft4j.init.linalg.Matrix;
import org.peft4j.init.linalg.Qr;
import org.peft4j.initializer.FromWeight;
import org.peft4j.initializer.Start;

/**
 * OLoRA (Büyükakyüz, 2024, arXiv 2406.01775): starts from orthonormal columns of the weight.
 *
 * <p>With {@code W = Q·R} [out, in]: B [out, r] is the first r columns of Q and A [r, in] the first
 * r rows of R. The scale s is not divided out, as in Hugging Face PEFT, and {@code s·B·A} is taken
 * from the base, so the layer starts equal to it.
 *
 * <p>Cheaper to compute than PiSSA. Which part of W it trains depends on the order of W's columns,
 * so PiSSA is the better founded choice.
 */
public record OloraStart() implements FromWeight {

  @Override
  public String name() {
    return "olora";
  }

  @Override
  public boolean isRepeatable() {
    return true;
  }

  @Override
  public Start start(AdapterSite site, int rank, double scaling) {
    Qr qr = Qr.of(site.path(), Matrix.of(site.weight()));
    Matrix rows = qr.r().rows(0, rank);
    return Start.at(
            site.trained(rows.toArray(), rank, site.in()),
            site.trained(qr.q().columns(0, rank).toArray(), site.out(), rank))
        .holding(site.share(rows.toArray()));
  }
}
