package org.peft4j.init;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.peft4j.initializer.InputObserver;
import org.peft4j.initializer.InputStatistic;

/**
 * The principal components of the inputs of every layer, and how they share out the rank.
 *
 * @param rho how many times the rank asked for a layer may have at most
 * @param tau what {@code |cos|} makes a component settled
 * @param labelled whether only rows with a label count
 */
record PrincipalInputs(double rho, double tau, boolean labelled) implements InputStatistic {

  /** One component of one layer and the share of the variance that it holds. */
  private record Candidate(String layer, double share) {}

  @Override
  public String name() {
    return "principal_inputs(rho=%s,tau=%s,%s)".formatted(rho, tau, labelled ? "labelled" : "all");
  }

  /** The components, twice while one state follows another, and the mean and variance. */
  @Override
  public long bytes(int in, int out, int rank) {
    return Double.BYTES * (long) in * (2L * components(rank, in) + 2);
  }

  /**
   * How many components a layer may win. Half-way cases round to even, as Python's {@code round}.
   */
  int components(int rank, int in) {
    return (int) Math.min(in, Math.rint(rho * rank));
  }

  @Override
  public boolean repeats() {
    return true;
  }

  @Override
  public InputObserver observe(int in, int rank) {
    return new PrincipalObserver(components(rank, in), in, labelled);
  }

  /** Lets rest every observer whose components that win by now are settled. */
  @Override
  public boolean isSettled(Map<String, Integer> asked, Map<String, InputObserver> byLayer) {
    Map<String, PrincipalObserver> observers = new LinkedHashMap<>();
    byLayer.forEach((layer, observer) -> observers.put(layer, (PrincipalObserver) observer));
    boolean complete = observers.keySet().containsAll(asked.keySet());
    if (!complete || observers.values().stream().anyMatch(PrincipalObserver::isEmpty)) {
      return false;
    }
    needed(asked, observers).forEach((observer, rank) -> observer.restIfSettled(rank, tau));
    return observers.values().stream().allMatch(PrincipalObserver::rests);
  }

  /** The largest rank that goes to a layer of each observer by now. */
  private Map<PrincipalObserver, Integer> needed(
      Map<String, Integer> asked, Map<String, PrincipalObserver> observers) {
    Map<String, double[]> shares = new LinkedHashMap<>();
    asked
        .keySet()
        .forEach(layer -> shares.put(layer, Objects.requireNonNull(observers.get(layer)).shares()));
    Map<PrincipalObserver, Integer> needed = new IdentityHashMap<>();
    ranks(asked, shares)
        .forEach((layer, rank) -> needed.merge(observers.get(layer), rank, Math::max));
    return needed;
  }

  /**
   * The rank of every layer: how many of the largest shares are its own.
   *
   * @param asked the ranks asked for, whose sum is shared out
   * @param shares of each layer's components, largest first
   */
  Map<String, Integer> ranks(Map<String, Integer> asked, Map<String, double[]> shares) {
    List<Candidate> candidates = new ArrayList<>();
    Map<String, Integer> ranks = new LinkedHashMap<>();
    asked.forEach(
        (layer, rank) -> {
          double[] own = Objects.requireNonNull(shares.get(layer));
          Arrays.stream(own)
              .limit(components(rank, own.length))
              .forEach(share -> candidates.add(new Candidate(layer, share)));
          ranks.put(layer, 0);
        });
    // The sort keeps the order of equal shares.
    candidates.sort(Comparator.comparingDouble(Candidate::share).reversed());
    candidates.stream()
        .limit(asked.values().stream().mapToLong(Integer::longValue).sum())
        .forEach(winner -> ranks.merge(winner.layer(), 1, Integer::sum));
    return ranks;
  }
}
