package org.peft4j.benchmarks.leaderboard;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import org.peft4j.kernel.DataType;
import org.peft4j.kernel.KernelSets;
import org.peft4j.train.Evaluation;
import org.peft4j.train.Trainer;
import org.peft4j.transformers.model.CausalLm;
import org.peft4j.transformers.model.TokenBatch;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/**
 * Trains every method on the same text for the same number of steps: a sweep of learning rates with
 * one seed, one more rate where the best lies at an edge, then the best rate with all seeds.
 */
@Command(
    name = "leaderboard",
    mixinStandardHelpOptions = true,
    description = "Trains every method on the same text at the same budget.")
public final class LeaderboardCommand implements Callable<Integer> {

  private static final double SWEEP = 3;

  @Spec private CommandSpec command;

  @Option(names = "--model", required = true, paramLabel = "DIR", description = "The base.")
  private Path model;

  @Option(names = "--text", required = true, paramLabel = "FILE", description = "Text to learn.")
  private Path text;

  @Option(
      names = "--stories",
      required = true,
      paramLabel = "FILE",
      description = "Text that the base knows.")
  private Path stories;

  @Option(names = "--out", required = true, paramLabel = "DIR", description = "For results.")
  private Path out;

  @Option(names = "--steps", defaultValue = "200", description = "Steps a run.")
  private int steps;

  @Option(names = "--batch-size", defaultValue = "8", description = "Blocks in a batch.")
  private int batchSize;

  @Option(names = "--length", defaultValue = "128", description = "Tokens in a block.")
  private int length;

  @Option(names = "--seeds", defaultValue = "3", description = "Seeds of the best rate.")
  private int seeds;

  @Option(names = "--methods", split = ",", description = "Which; all if none is named.")
  private List<String> methods = List.of();

  @Option(
      names = "--page",
      paramLabel = "FILE",
      description = "A page to put the table into, between its two comments for it.")
  private @Nullable Path page;

  @Override
  public Integer call() throws IOException {
    List<Contestant> contestants = chosen();
    Files.createDirectories(out);
    Course course = Course.read(model, text, stories, length, batchSize);
    Results results =
        new Results(out, evaluate(course, course.heldOut()), evaluate(course, course.known()));
    Race race = new Race(course, steps);
    long begin = System.nanoTime();
    for (int i = 0; i < contestants.size(); i++) {
      results.add(standing(race, contestants.get(i)));
      double minutes = (System.nanoTime() - begin) / 6e10;
      tell("%d of %d in %.1f minutes", i + 1, contestants.size(), minutes);
    }
    if (page != null) {
      results.into(page);
    }
    Pictures.in(out).forEach(picture -> tell("picture: %s", picture));
    PrintWriter result = command.commandLine().getOut();
    result.print(results.table());
    result.flush();
    return 0;
  }

  private List<Contestant> chosen() {
    List<Contestant> all = Contestants.all();
    List<String> names = all.stream().map(Contestant::name).toList();
    for (String method : methods) {
      if (!names.contains(method)) {
        throw new IllegalArgumentException("there is no " + method + "; there are " + names);
      }
    }
    return all.stream()
        .filter(contestant -> methods.isEmpty() || methods.contains(contestant.name()))
        .toList();
  }

  private Standing standing(Race race, Contestant contestant) throws IOException {
    List<Run> sweep = new ArrayList<>();
    for (double rate : contestant.sweep()) {
      sweep.add(run(race, contestant, rate, 0));
    }
    Run best = best(sweep);
    if (best == sweep.get(0)) {
      sweep.add(run(race, contestant, best.rate() / SWEEP, 0));
    } else if (best == sweep.get(sweep.size() - 1)) {
      sweep.add(run(race, contestant, best.rate() * SWEEP, 0));
    }
    List<Run> runs = new ArrayList<>(List.of(best(sweep)));
    for (int seed = 1; seed < seeds; seed++) {
      runs.add(run(race, contestant, runs.get(0).rate(), seed));
    }
    sweep.sort(Comparator.comparingDouble(Run::rate));
    return new Standing(contestant.name(), List.copyOf(runs), List.copyOf(sweep));
  }

  private static Run best(List<Run> runs) {
    return runs.stream().min(Comparator.comparingDouble(Run::loss)).orElseThrow();
  }

  private Run run(Race race, Contestant contestant, double rate, long seed) throws IOException {
    Run run = race.run(contestant, rate, seed);
    tell(
        "%s, rate %.1e, seed %d: held-out %.4f, stories %.4f, %.0f ms a step",
        contestant.name(), rate, seed, run.loss(), run.forgotten(), 1000 * run.stepSeconds());
    return run;
  }

  private static Evaluation evaluate(Course course, Iterable<TokenBatch> batches)
      throws IOException {
    CausalLm<?> base = course.base();
    return Trainer.evaluate(KernelSets.forType(DataType.FLOAT32), base.objective(), batches);
  }

  private void tell(String format, Object... values) {
    PrintWriter progress = command.commandLine().getErr();
    progress.println(String.format(java.util.Locale.ROOT, format, values));
    progress.flush();
  }
}
