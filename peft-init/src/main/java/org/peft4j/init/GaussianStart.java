package org.peft4j.init;

import org.peft4j.adapter.AdapterSite;
import org.peft4j.adapter.LowRank;
import org.peft4j.initializer.FromShape;

/**
 * The start that LoRA's paper describes (Hu et al., ICLR 2022, arXiv 2106.09685, section 4.1): A
 * [rank, in] normal with deviation {@code 1 / rank}, B [out, rank] zero, so the layer starts equal
 * to the base. The deviation is Hugging Face PEFT's; the paper leaves it open.
 *
 * <p>Rarely better than the default, which draws A evenly from ±1/sqrt(in); there to repeat
 * published runs.
 */
public record GaussianStart() implements FromShape {

  @Override
  public String name() {
    return "gaussian";
  }

  @Override
  public LowRank start(AdapterSite site, int rank) {
    return new LowRank(
        site.normal("lora_A", 1.0 / rank, rank, site.in()), site.full(0, site.out(), rank));
  }
}
