package org.peft4j;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.peft4j.adapter.AdapterSite;
import org.peft4j.kernel.Buffer;
import org.peft4j.kernel.DataType;
import org.peft4j.kernel.Shape;
import org.peft4j.kernel.plain.PlainKernels;
import org.peft4j.tensor.Tensor;
import org.peft4j.testkit.Sites;

class SharedTensorsTest {

  private static final Shape WIDE = Shape.of(2, 7);
  private static final Shape TALL = Shape.of(5, 3);

  @Test
  void everyLayerKnowsTheLargestExtents() {
    AdapterSite site = site(TALL, new SharedTensors(List.of(WIDE, TALL), Map.of()));

    assertThat(site.largestIn()).isEqualTo(7);
    assertThat(site.largestOut()).isEqualTo(5);
  }

  @Test
  void aLayerByItselfIsTheLargest() {
    AdapterSite site = Sites.of("a", Buffer.allocate(DataType.FLOAT64, TALL), 1);

    assertThat(site.largestIn()).isEqualTo(3);
    assertThat(site.largestOut()).isEqualTo(5);
  }

  @Test
  void theFirstLayerThatAsksMakesTheTensorAndTheOthersGetIt() {
    SharedTensors shared = new SharedTensors(List.of(WIDE, TALL), Map.of());

    Tensor first = site(WIDE, shared).shared("p", () -> new double[] {1, 2}, 2);
    Tensor second = site(TALL, shared).shared("p", () -> new double[] {3, 4}, 2);

    assertThat(second).isSameAs(first);
    assertThat(second.value().toDoubles()).containsExactly(1, 2);
    assertThat(second.requiresGradient()).isFalse();
  }

  @Test
  void onlyWhatIsToBeSavedIsSaved() {
    SharedTensors shared = new SharedTensors(List.of(WIDE), Map.of());
    AdapterSite site = site(WIDE, shared);

    site.shared("p", () -> new double[] {1}, 1);
    Tensor kept = site.sharedAndSaved("q", () -> new double[] {2}, 1);

    assertThat(shared.saved()).isEqualTo(Map.of("q", kept));
  }

  @Test
  void theNumbersOfTheFileCountWhereTheyFit() {
    Buffer three = Buffer.allocate(DataType.FLOAT64, Shape.of(1));
    three.put(new double[] {3});
    SharedTensors shared = new SharedTensors(List.of(WIDE), Map.of("p", three, "q", three));
    AdapterSite site = site(WIDE, shared);

    assertThat(site.sharedAndSaved("p", () -> new double[] {1}, 1).item()).isEqualTo(3);
    assertThat(site.sharedAndSaved("q", () -> new double[] {1, 2}, 2).value().toDoubles())
        .containsExactly(1, 2);
  }

  @Test
  void aLayersOwnConstantIsSavedUnderItsPath() {
    SharedTensors shared = new SharedTensors(List.of(WIDE, TALL), Map.of());

    Tensor first = site("a", WIDE, shared).saved("p", () -> new double[] {1, 2}, 2);
    Tensor second = site("b.c", TALL, shared).saved("p", () -> new double[] {3}, 1);

    assertThat(shared.ofLayers()).isEqualTo(Map.of("a.p", first, "b.c.p", second));
    assertThat(shared.saved()).isEmpty();
    assertThat(first.value().toDoubles()).containsExactly(1, 2);
    assertThat(first.requiresGradient()).isFalse();
    assertThat(site(WIDE, shared).storedShape("p")).isEmpty();
  }

  @Test
  void aLayersOwnConstantFromAFileIsNotMadeAgain() {
    Map<String, Shape> file = Map.of("a.p", Shape.of(5), "b.p", Shape.of(7));
    SharedTensors shared =
        new SharedTensors(List.of(WIDE), Map.of(), Optional.of(path -> file.get(path)));
    AdapterSite site = site(WIDE, shared);

    Tensor constant =
        site.saved(
            "p",
            () -> {
              throw new AssertionError("asked for values that the file has");
            },
            5);

    assertThat(site.storedShape("p")).contains(Shape.of(5));
    assertThat(constant.shape()).isEqualTo(Shape.of(5));
    assertThat(shared.ofLayers()).isEqualTo(Map.of("a.p", constant));
  }

  private static AdapterSite site(Shape weight, SharedTensors shared) {
    return site("a", weight, shared);
  }

  private static AdapterSite site(String path, Shape weight, SharedTensors shared) {
    NewTensors tensors = new NewTensors(path, DataType.FLOAT64, 1, new PlainKernels(), shared);
    SiteStart own = new SiteStart(Optional.empty(), Map.of());
    return new DraftSite(Buffer.allocate(DataType.FLOAT64, weight), tensors, own);
  }
}
