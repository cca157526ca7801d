package org.peft4j.testkit;

import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Map;
import java.util.Random;
import java.util.function.Consumer;
import java.util.function.DoubleSupplier;
import java.util.function.Function;
import org.junit.jupiter.api.Test;
import org.peft4j.adapter.Adapter;
import org.peft4j.adapter.AdapterConfig;
import org.peft4j.adapter.AdapterSite;
import org.peft4j.adapter.Base;
import org.peft4j.kernel.Activation;
import org.peft4j.kernel.Buffer;
import org.peft4j.tensor.Tape;
import org.peft4j.tensor.Tensor;

/** The contract finds what is wrong: methods with one fault each fail the test that is for it. */
class AdapterContractTest {

  /** {@code y = W·x + D·x} with D [out, in], which starts at zero. */
  private interface Formula {
    Tensor apply(Tape t, Tensor x, Base base, Tensor delta);
  }

  private static final Formula RIGHT =
      (t, x, base, delta) -> t.addLinear(base.apply(t, x), x, delta, 1);

  @Test
  void aRightMethodPasses() {
    AdapterContract right = contract(0, RIGHT);

    assertThatCode(right::startsEqualToTheBaseLayer).doesNotThrowAnyException();
    assertThatCode(right::gradientsEqualCentralDifferences).doesNotThrowAnyException();
    assertThatCode(right::everyTrainedTensorReceivesAGradient).doesNotThrowAnyException();
    assertThatCode(right::mergedEqualsAdapted).doesNotThrowAnyException();
    assertThatCode(right::isTheBaseBitForBitWhenDisabled).doesNotThrowAnyException();
    assertThatCode(right::trainingLeavesTheBaseWeightsAsTheyWere).doesNotThrowAnyException();
    assertThatCode(right::theSameSeedGivesTheSameTensors).doesNotThrowAnyException();
  }

  @Test
  void aWrongStartFails() {
    fails(contract(0.01, RIGHT)::startsEqualToTheBaseLayer);
  }

  @Test
  void aWrongGradientFails() {
    Formula halfDetached =
        (t, x, base, delta) -> {
          Tensor y = t.addLinear(base.apply(t, x), x, delta, 0.5);
          return t.addLinear(y, x, Tensor.of(delta.value()), 0.5);
        };

    fails(contract(0, halfDetached)::gradientsEqualCentralDifferences);
  }

  @Test
  void aTensorThatIsNotUsedFails() {
    Formula deafInTheFirstLayer =
        (t, x, base, delta) ->
            x.shape().columns() == Mlp.IN ? base.apply(t, x) : RIGHT.apply(t, x, base, delta);

    fails(contract(0, deafInTheFirstLayer)::everyTrainedTensorReceivesAGradient);
  }

  @Test
  void aFunctionThatCannotBeMergedFails() {
    Formula bent =
        (t, x, base, delta) ->
            t.add(base.apply(t, x), t.activate(Activation.TANH, t.linear(x, delta)));

    fails(contract(0, bent)::mergedEqualsAdapted);
  }

  @Test
  void aMethodThatWritesIntoTheBaseFails() {
    fails(
        contract(
                site -> {
                  Buffer weight = site.weight();
                  double[] spoilt = weight.toDoubles();
                  spoilt[0] += 1;
                  weight.put(spoilt);
                },
                RIGHT)
            ::trainingLeavesTheBaseWeightsAsTheyWere);
  }

  @Test
  void aMethodThatDrawsFromElsewhereFails() {
    Random elsewhere = new Random();
    fails(contract(elsewhere::nextGaussian, RIGHT)::theSameSeedGivesTheSameTensors);
  }

  private static void fails(Runnable test) {
    assertThatThrownBy(test::run).isInstanceOf(AssertionError.class);
  }

  private static AdapterContract contract(double start, Formula formula) {
    return () -> new DenseConfig(site -> site.full(start, site.out(), site.in()), formula);
  }

  private static AdapterContract contract(DoubleSupplier start, Formula formula) {
    return () ->
        new DenseConfig(site -> site.full(start.getAsDouble(), site.out(), site.in()), formula);
  }

  private static AdapterContract contract(Consumer<AdapterSite> spoils, Formula formula) {
    return () ->
        new DenseConfig(
            site -> {
              spoils.accept(site);
              return site.full(0, site.out(), site.in());
            },
            formula);
  }

  private record DenseConfig(Function<AdapterSite, Tensor> start, Formula formula)
      implements AdapterConfig {

    @Override
    public String type() {
      return "DENSE";
    }

    @Override
    public String method() {
      return "dense";
    }

    @Override
    public Adapter create(AdapterSite site) {
      return new Dense(start.apply(site), formula);
    }
  }

  private record Dense(Tensor delta, Formula formula) implements Adapter {

    @Override
    public Map<String, Tensor> parameters() {
      return Map.of("delta", delta);
    }

    @Override
    public Tensor forward(Tape t, Tensor x, Base base) {
      return formula.apply(t, x, base, delta);
    }
  }
}
