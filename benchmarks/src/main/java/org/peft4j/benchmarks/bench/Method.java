package org.peft4j.benchmarks.bench;

import java.util.List;
import org.peft4j.adapter.AdapterConfig;
import org.peft4j.adapters.AdaLoraConfig;
import org.peft4j.adapters.BoneConfig;
import org.peft4j.adapters.BoneConfig.Orientation;
import org.peft4j.adapters.DoraConfig;
import org.peft4j.adapters.LoraConfig;
import org.peft4j.adapters.MissConfig;
import org.peft4j.adapters.VeraConfig;
import org.peft4j.benchmarks.peer.PeerAdaLora;
import org.peft4j.benchmarks.peer.PeerBat;
import org.peft4j.benchmarks.peer.PeerDora;
import org.peft4j.benchmarks.peer.PeerLora;
import org.peft4j.benchmarks.peer.PeerMethod;
import org.peft4j.benchmarks.peer.PeerMiss;
import org.peft4j.benchmarks.peer.PeerVera;
import org.peft4j.benchmarks.steps.TrainingTask;

/**
 * A method that both sides have.
 *
 * @param name on the command line
 * @param config ours
 * @param peer Hugging Face PEFT's, of the same formula and sizes
 */
record Method(String name, AdapterConfig config, PeerMethod peer) {

  private static final int RANK = 16;
  private static final int WIDE = 256;

  /** All of rank 16, but VeRA, which PEFT gives 256. */
  static List<Method> all() {
    int steps = TrainingTask.SCHEDULED_STEPS;
    return List.of(
        new Method("lora", new LoraConfig(RANK, RANK), new PeerLora(RANK, 1)),
        new Method("dora", new DoraConfig(RANK, RANK), new PeerDora(RANK, 1)),
        new Method("miss", new MissConfig(RANK), new PeerMiss(RANK)),
        new Method("bat", new BoneConfig(RANK, Orientation.OUT_BLOCK), new PeerBat(RANK, false)),
        new Method("bat-in", new BoneConfig(RANK, Orientation.IN_BLOCK), new PeerBat(RANK, true)),
        new Method(
            "adalora",
            new AdaLoraConfig(RANK, RANK / 2, steps),
            new PeerAdaLora(RANK, RANK / 2, 8, steps)),
        new Method("vera", new VeraConfig(WIDE), new PeerVera(WIDE)));
  }

  static List<String> names() {
    return all().stream().map(Method::name).toList();
  }

  /**
   * The method of that name.
   *
   * @throws IllegalArgumentException if there is none; the message lists those there are
   */
  static Method named(String name) {
    return all().stream()
        .filter(method -> method.name().equals(name))
        .findFirst()
        .orElseThrow(
            () ->
                new IllegalArgumentException(
                    "--method must be one of %s but was %s".formatted(names(), name)));
  }
}
