package org.peft4j.benchmarks.bench;

import java.util.List;
import org.peft4j.adapter.AdapterConfig;
import org.peft4j.adapters.LoraConfig;
import org.peft4j.benchmarks.peer.PeerLora;
import org.peft4j.benchmarks.peer.PeerMethod;

/**
 * A method that both sides have.
 *
 * @param name on the command line
 * @param config ours
 * @param peer Hugging Face PEFT's, of the same formula and sizes
 */
record Method(String name, AdapterConfig config, PeerMethod peer) {

  private static final int RANK = 16;

  /** All of rank 16, but VeRA, which PEFT gives 256. */
  static List<Method> all() {
    return List.of(new Method("lora", new LoraConfig(RANK, RANK), new PeerLora(RANK, 1)));
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
