package org.peft4j.convert;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.peft4j.adapter.Ranked;
import org.peft4j.adapters.LoraConfig;

class RankPatternsTest {

  private final Map<String, Ranked> layers = new LinkedHashMap<>();

  @Test
  void equalLayersNeedNoPattern() {
    layers.put("a.q", new LoraConfig(4, 8));
    layers.put("b.q", new LoraConfig(4, 8));

    assertThat(RankPatterns.of(layers))
        .isEqualTo(new RankPatterns(new LoraConfig(4, 8), Map.of(), Map.of()));
  }

  @Test
  void layersOfOneNameThatAgreeShareAPattern() {
    layers.put("0.q", new LoraConfig(4, 8));
    layers.put("0.v", new LoraConfig(2, 8));
    layers.put("1.q", new LoraConfig(4, 8));
    layers.put("1.v", new LoraConfig(2, 8));
    layers.put("0.o", new LoraConfig(4, 8));

    assertThat(RankPatterns.of(layers))
        .isEqualTo(new RankPatterns(new LoraConfig(4, 8), Map.of("v", 2), Map.of()));
  }

  @Test
  void layersOfOneNameThatDifferAreNamedWhole() {
    layers.put("q", new LoraConfig(3, 6));
    layers.put("z.q", new LoraConfig(4, 8));
    layers.put("a.z.q", new LoraConfig(5, 10));

    assertThat(RankPatterns.of(layers))
        .isEqualTo(
            new RankPatterns(
                new LoraConfig(5, 10), Map.of("^q", 3, "^z.q", 4), Map.of("^q", 6.0, "^z.q", 8.0)));
  }

  @Test
  void whatMostLayersHaveIsUsualAndOfSeveralTheLargest() {
    layers.put("a", new LoraConfig(9, 9));
    layers.put("b", new LoraConfig(2, 2));
    layers.put("c", new LoraConfig(2, 2));
    assertThat(RankPatterns.of(layers).usual()).isEqualTo(new LoraConfig(2, 2));

    layers.put("d", new LoraConfig(9, 9));
    assertThat(RankPatterns.of(layers).usual()).isEqualTo(new LoraConfig(9, 9));
  }
}
