package org.peft4j.benchmarks.jmh;

import java.util.Map;
import java.util.TreeMap;
import org.peft4j.adapter.AdapterConfig;
import org.peft4j.adapters.AdaLoraConfig;
import org.peft4j.adapters.BoneConfig;
import org.peft4j.adapters.DoraConfig;
import org.peft4j.adapters.FullConfig;
import org.peft4j.adapters.HftConfig;
import org.peft4j.adapters.LoraConfig;
import org.peft4j.adapters.MissConfig;
import org.peft4j.adapters.SvfitConfig;
import org.peft4j.adapters.VeraConfig;

/** All methods at rank 16, VeRA and those without a rank with their defaults. */
final class Methods {

  private static final int RANK = 16;

  private static final Map<String, AdapterConfig> ALL =
      new TreeMap<>(
          Map.of(
              "lora", new LoraConfig(RANK, RANK),
              "dora", new DoraConfig(RANK, RANK),
              "adalora", new AdaLoraConfig(RANK, RANK),
              "miss", new MissConfig(RANK),
              "bone", new BoneConfig(RANK),
              "bat", new BoneConfig(RANK, BoneConfig.Orientation.OUT_BLOCK),
              "vera", new VeraConfig(),
              "svfit", new SvfitConfig(RANK),
              "hft", new HftConfig(),
              "full", new FullConfig()));

  private Methods() {}

  static AdapterConfig named(String name) {
    AdapterConfig config = ALL.get(name);
    if (config == null) {
      throw new IllegalArgumentException(
          "method must be none or one of " + ALL.keySet() + " but was " + name);
    }
    return config;
  }
}
