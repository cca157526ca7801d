package org.peft4j.adapters;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.peft4j.adapter.AdapterConfig;
import org.peft4j.adapters.HftConfig.Level;
import org.peft4j.kernel.Shape;
import org.peft4j.method.BaseTensor;
import org.peft4j.method.BaseTensor.Role;
import org.peft4j.testkit.AdapterContract;

class HftConfigTest implements AdapterContract {

  private static final Predicate<String> ATTENTION = path -> path.matches(".*[qkvo]_proj.weight");
  private static final Predicate<String> FEED_FORWARD = path -> path.contains(".mlp.");
  private static final Predicate<String> NORM = path -> path.endsWith("layernorm.weight");

  @Override
  public AdapterConfig config() {
    return new HftConfig();
  }

  @Nested
  class ByLayer implements AdapterContract {

    @Override
    public AdapterConfig config() {
      return new HftConfig(Level.LAYER, 0.5, 4, 3, true);
    }
  }

  @Nested
  class OfTheWholeModel implements AdapterContract {

    @Override
    public AdapterConfig config() {
      return new HftConfig(Level.MODEL, 1);
    }
  }

  @Test
  void trainsHalfOfEveryCategoryInEveryLayer() {
    for (int seed = 0; seed < 200; seed++) {
      for (int layers : new int[] {1, 2, 5, 8}) {
        Set<String> drawn = new HftConfig(Level.CATEGORY, seed).select(llama(layers));

        assertThat(perLayer(drawn, ATTENTION, layers)).containsOnly(2);
        assertThat(perLayer(drawn, NORM, layers)).containsOnly(1);
        assertThat(perLayer(drawn, FEED_FORWARD, layers)).isSubsetOf(1, 2);
        assertThat(perLayer(drawn, FEED_FORWARD, layers).stream().mapToInt(n -> n).sum())
            .isEqualTo((3 * layers + 1) / 2);
      }
    }
  }

  @Test
  void trainsExactlyHalfOfTheMatricesOfAnEvenNumberOfLayers() {
    for (int seed = 0; seed < 200; seed++) {
      Set<String> drawn = new HftConfig(Level.CATEGORY, seed).select(llama(6));

      assertThat(drawn.stream().filter(ATTENTION.or(FEED_FORWARD))).hasSize(6 * 7 / 2);
    }
  }

  @Test
  void trainsEmbeddingsAndOutputLayerAlwaysUnlessToldNotTo() {
    List<BaseTensor> tensors = llama(2);
    for (Level level : Level.values()) {
      assertThat(new HftConfig(level, 3).select(tensors))
          .contains("model.embed_tokens.weight", "lm_head.weight");
      assertThat(new HftConfig(level, 0.5, 3, 0, false).select(tensors))
          .isNotEmpty()
          .doesNotContain("model.embed_tokens.weight", "lm_head.weight");
    }
  }

  @Test
  void theNormBeforeTheOutputLayerTrainsAsHalfOfOneIsRoundedUp() {
    for (int seed = 0; seed < 50; seed++) {
      assertThat(new HftConfig(Level.CATEGORY, seed).select(llama(2)))
          .contains("model.norm.weight");
    }
  }

  @Test
  void drawsWholeLayers() {
    for (int seed = 0; seed < 100; seed++) {
      Set<String> drawn = new HftConfig(Level.LAYER, seed).select(llama(6));

      assertThat(perLayer(drawn, path -> true, 6)).containsOnly(0, 9);
      assertThat(drawn).hasSize(3 * 9 + 3);
    }
  }

  @Test
  void drawsHalfOfAllMatricesAndOfAllNorms() {
    Set<Integer> attentionPerLayer = new TreeSet<>();
    for (int seed = 0; seed < 100; seed++) {
      Set<String> drawn = new HftConfig(Level.MODEL, seed).select(llama(6));

      assertThat(drawn.stream().filter(ATTENTION.or(FEED_FORWARD))).hasSize(6 * 7 / 2);
      assertThat(drawn.stream().filter(NORM.or("model.norm.weight"::equals))).hasSize(7);
      attentionPerLayer.addAll(perLayer(drawn, ATTENTION, 6));
    }
    assertThat(attentionPerLayer).containsExactly(0, 1, 2, 3, 4);
  }

  @Test
  void trainsAnotherShareWhereAskedTo() {
    Set<String> drawn = new HftConfig(Level.CATEGORY, 0.4, 0, 0, true).select(llama(10));

    assertThat(drawn.stream().filter(ATTENTION)).hasSize(16);
    assertThat(perLayer(drawn, ATTENTION, 10)).containsOnly(1, 2);
    assertThat(drawn.stream().filter(FEED_FORWARD)).hasSize(12);
    assertThat(new HftConfig(Level.CATEGORY, 1, 0, 0, true).select(llama(3))).hasSize(3 * 9 + 3);
  }

  /** BERT's matrices have biases, its norms too, and its feed-forward part two matrices. */
  @Test
  void biasesGoWithTheirMatrixOrNorm() {
    for (int seed = 0; seed < 50; seed++) {
      Set<String> drawn = new HftConfig(Level.CATEGORY, seed).select(bert(4));

      for (String path : drawn) {
        assertThat(drawn).contains(path.replace(".bias", ".weight"));
      }
      assertThat(
              drawn.stream().filter(path -> path.matches(".*(self|attention.output.dense).*eight")))
          .hasSize(8);
      assertThat(
              drawn.stream().filter(path -> path.matches(".*\\d.(intermediate|output).dense.bias")))
          .hasSize(4);
      assertThat(drawn.stream().filter(path -> path.matches(".*\\d.*LayerNorm.bias"))).hasSize(4);
      assertThat(drawn).contains("bert.embeddings.LayerNorm.bias", "bert.pooler.dense.bias");
    }
  }

  @Test
  void layersOfTwoStacksAreDrawnEachOnItsOwn() {
    for (int seed = 0; seed < 50; seed++) {
      List<BaseTensor> both = new ArrayList<>(named(llama(2), "encoder."));
      both.addAll(named(llama(2), "decoder."));

      Set<String> drawn = new HftConfig(Level.LAYER, seed).select(both);

      assertThat(drawn.stream().filter(path -> path.matches("encoder.*\\d.*"))).hasSize(9);
      assertThat(drawn.stream().filter(path -> path.matches("decoder.*\\d.*"))).hasSize(9);
    }
  }

  /** A plain stack of numbered layers has one matrix in each. */
  @Test
  void halfOfTheLayersTrainTheirOnlyMatrix() {
    List<BaseTensor> tensors =
        IntStream.range(0, 8).mapToObj(i -> matrix(i + ".weight", Role.LINEAR)).toList();

    assertThat(new HftConfig().select(tensors)).hasSize(4);
  }

  @Test
  void theSameSeedGivesTheSameDrawInWhateverOrder() {
    List<BaseTensor> tensors = llama(4);
    List<BaseTensor> backwards = new ArrayList<>(tensors);
    java.util.Collections.reverse(backwards);

    for (Level level : Level.values()) {
      assertThat(new HftConfig(level, 5).select(backwards))
          .isEqualTo(new HftConfig(level, 5).select(tensors));
    }
  }

  @Test
  void everyRoundDrawsAnew() {
    Set<Set<String>> draws = new HashSet<>();
    HftConfig config = new HftConfig();
    for (int round = 0; round < 100; round++) {
      assertThat(config).isEqualTo(new HftConfig(Level.CATEGORY, 0.5, 0, round, true));
      draws.add(config.select(llama(4)));
      config = config.nextRound();
    }
    assertThat(draws).hasSize(100);
  }

  @Test
  void everyPairOfMatricesIsDrawnEquallyOften() {
    Map<String, Integer> pairs = new TreeMap<>();
    int draws = 6000;
    for (int seed = 0; seed < draws; seed++) {
      String pair =
          new HftConfig(Level.CATEGORY, seed)
              .select(llama(1)).stream()
                  .filter(ATTENTION)
                  .map(path -> path.replaceAll(".*\\.(.)_proj.*", "$1"))
                  .sorted()
                  .collect(Collectors.joining());
      pairs.merge(pair, 1, Integer::sum);
    }

    assertThat(pairs.keySet()).containsExactly("ko", "kq", "kv", "oq", "ov", "qv");
    pairs.forEach(
        (pair, n) -> assertThat(n / (double) draws).isCloseTo(1 / 6.0, Offset.offset(0.02)));
  }

  /** Saved adapters hold the tensors that were drawn, so a seed has to mean the same for ever. */
  @Test
  void aSeedMeansTheSameInEveryRelease() {
    assertThat(new TreeSet<>(new HftConfig().select(llama(2))))
        .containsExactly(
            "lm_head.weight",
            "model.embed_tokens.weight",
            "model.layers.0.input_layernorm.weight",
            "model.layers.0.mlp.gate_proj.weight",
            "model.layers.0.self_attn.q_proj.weight",
            "model.layers.0.self_attn.v_proj.weight",
            "model.layers.1.mlp.down_proj.weight",
            "model.layers.1.mlp.gate_proj.weight",
            "model.layers.1.post_attention_layernorm.weight",
            "model.layers.1.self_attn.o_proj.weight",
            "model.layers.1.self_attn.q_proj.weight",
            "model.norm.weight");
  }

  @Test
  void rejectsAShareThatIsNone() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new HftConfig(Level.CATEGORY, 0, 0, 0, true))
        .withMessage("ratio must be above 0 but was 0.0");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new HftConfig(Level.CATEGORY, 1.5, 0, 0, true))
        .withMessage("ratio must be at most 1 but was 1.5");
  }

  @Test
  void rejectsARoundBeforeTheFirst() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new HftConfig(Level.CATEGORY, 0.5, 0, -1, true))
        .withMessage("round must be at least 0 but was -1");
  }

  private static List<Integer> perLayer(Set<String> drawn, Predicate<String> which, int layers) {
    int[] counts = new int[layers];
    drawn.stream()
        .filter(which)
        .filter(path -> path.startsWith("model.layers."))
        .forEach(path -> counts[Integer.parseInt(path.split("\\.")[2])]++);
    return Arrays.stream(counts).boxed().toList();
  }

  private static List<BaseTensor> llama(int layers) {
    List<BaseTensor> tensors = new ArrayList<>();
    tensors.add(matrix("model.embed_tokens.weight", Role.EMBEDDING));
    for (int i = 0; i < layers; i++) {
      String layer = "model.layers." + i + ".";
      for (String name : "q_proj k_proj v_proj o_proj".split(" ")) {
        tensors.add(matrix(layer + "self_attn." + name + ".weight", Role.LINEAR));
      }
      for (String name : "gate_proj up_proj down_proj".split(" ")) {
        tensors.add(matrix(layer + "mlp." + name + ".weight", Role.LINEAR));
      }
      tensors.add(vector(layer + "input_layernorm.weight"));
      tensors.add(vector(layer + "post_attention_layernorm.weight"));
    }
    tensors.add(vector("model.norm.weight"));
    tensors.add(matrix("lm_head.weight", Role.OUTPUT));
    return tensors;
  }

  private static List<BaseTensor> bert(int layers) {
    List<BaseTensor> tensors = new ArrayList<>();
    tensors.add(matrix("bert.embeddings.word_embeddings.weight", Role.EMBEDDING));
    addNorm(tensors, "bert.embeddings.LayerNorm");
    for (int i = 0; i < layers; i++) {
      String layer = "bert.encoder.layer." + i + ".";
      addLinear(tensors, layer + "attention.self.query");
      addLinear(tensors, layer + "attention.self.key");
      addLinear(tensors, layer + "attention.self.value");
      addLinear(tensors, layer + "attention.output.dense");
      addNorm(tensors, layer + "attention.output.LayerNorm");
      addLinear(tensors, layer + "intermediate.dense");
      addLinear(tensors, layer + "output.dense");
      addNorm(tensors, layer + "output.LayerNorm");
    }
    addLinear(tensors, "bert.pooler.dense");
    return tensors;
  }

  private static void addLinear(List<BaseTensor> tensors, String path) {
    tensors.add(matrix(path + ".weight", Role.LINEAR));
    tensors.add(new BaseTensor(path + ".bias", Shape.of(8), Role.LINEAR));
  }

  private static void addNorm(List<BaseTensor> tensors, String path) {
    tensors.add(vector(path + ".weight"));
    tensors.add(vector(path + ".bias"));
  }

  private static List<BaseTensor> named(List<BaseTensor> tensors, String prefix) {
    return tensors.stream()
        .map(t -> new BaseTensor(prefix + t.path(), t.shape(), t.role()))
        .toList();
  }

  private static BaseTensor matrix(String path, Role role) {
    return new BaseTensor(path, Shape.of(8, 8), role);
  }

  private static BaseTensor vector(String path) {
    return new BaseTensor(path, Shape.of(8), Role.OTHER);
  }
}
