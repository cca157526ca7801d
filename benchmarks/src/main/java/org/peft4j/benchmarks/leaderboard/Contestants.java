package org.peft4j.benchmarks.leaderboard;

import java.util.ArrayList;
import java.util.List;
import org.peft4j.adapters.BoneConfig;
import org.peft4j.adapters.DoraConfig;
import org.peft4j.adapters.FullConfig;
import org.peft4j.adapters.HftConfig;
import org.peft4j.adapters.LoraConfig;
import org.peft4j.adapters.MissConfig;
import org.peft4j.adapters.SvfitConfig;
import org.peft4j.adapters.VeraConfig;
import org.peft4j.init.CordaStart;
import org.peft4j.init.EvaStart;
import org.peft4j.init.LoraGaStart;
import org.peft4j.init.OloraStart;
import org.peft4j.init.OrthogonalStart;
import org.peft4j.init.PissaStart;
import org.peft4j.train.RateFactors;

/**
 * All methods, as near to the number of trained parameters of LoRA at rank 8 as they come: SVFit
 * has no more than the singular values, VeRA no more than its vectors, Bone's blocks must divide
 * every layer, and the last two train weights as a whole.
 */
final class Contestants {

  private static final int RANK = 8;
  private static final double LORA_RATE = 5e-3;
  private static final double WHOLE_RATE = 1e-3;

  /** Starts that hold part of the weights want to move less. */
  private static final double MOVED_RATE = 2e-3;

  private Contestants() {}

  static List<Contestant> all() {
    LoraConfig lora = new LoraConfig(RANK, 2 * RANK);
    LoraConfig stabilised = new LoraConfig(RANK, 2 * RANK, 0, true, false);
    LoraConfig plain = new LoraConfig(RANK, RANK);
    List<Contestant> all = new ArrayList<>();
    all.add(Contestant.of("lora", lora, LORA_RATE));
    all.add(Contestant.of("rslora", stabilised, LORA_RATE));
    all.add(Contestant.of("lora+", lora, LORA_RATE / 3).with(RateFactors.loraPlus(16)));
    all.add(Contestant.of("dora", new DoraConfig(RANK, 2 * RANK), LORA_RATE));
    all.add(Contestant.of("orthogonal", lora, LORA_RATE).from(new OrthogonalStart()));
    all.add(Contestant.of("pissa", plain, MOVED_RATE).from(new PissaStart()));
    all.add(Contestant.of("pissa fast", plain, MOVED_RATE).from(PissaStart.fast(4)));
    all.add(Contestant.of("olora", plain, MOVED_RATE).from(new OloraStart()));
    all.add(Contestant.of("corda-ipm", plain, MOVED_RATE).from(new CordaStart()));
    all.add(
        Contestant.of("corda-kpm", plain, MOVED_RATE)
            .from(new CordaStart().in(CordaStart.Mode.KPM))
            .lookingAt(Contestant.LooksAt.KNOWLEDGE));
    all.add(Contestant.of("eva", lora, LORA_RATE).from(new EvaStart()));
    all.add(Contestant.of("lora-ga", stabilised, MOVED_RATE).from(new LoraGaStart()));
    all.add(Contestant.of("svfit", new SvfitConfig(4 * RANK), 20 * LORA_RATE));
    all.add(Contestant.of("bone", new BoneConfig(RANK / 2), MOVED_RATE));
    all.add(Contestant.of("miss", new MissConfig(2 * RANK), LORA_RATE));
    all.add(Contestant.of("vera", new VeraConfig(), 5 * LORA_RATE));
    all.add(Contestant.of("hft", new HftConfig(), WHOLE_RATE));
    all.add(Contestant.of("full", new FullConfig(), WHOLE_RATE));
    return all;
  }
}
