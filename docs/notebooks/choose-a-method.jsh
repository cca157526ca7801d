// %% [markdown]
// # Choose a method
// The same data, the same number of steps and a fair learning rate for each: how far do different methods get, and with how many trained
// numbers? A tiny model on a toy task says little about yours; the way of asking carries over. `docs/choosing.md` has the long answer.

// %%
Path folder = Files.createTempDirectory("peft4j");
int steps = Integer.getInteger("peft4j.steps", 100);
TinyModel.unpack(folder.resolve("model"));
ShipLogs.write(folder.resolve("train.jsonl"), 0, 400);
ShipLogs.write(folder.resolve("valid.jsonl"), -64, 64);

// %% [markdown]
// A contestant is a method, where it starts and a learning rate: those that `docs/choosing.md` has for the tiny model.

// %%
record Contestant(String name, AdapterConfig config, Optional<Initializer> start, double rate) {}
var contestants = List.of(
    new Contestant("LoRA", new LoraConfig(8, 16), Optional.empty(), 1e-2),
    new Contestant("PiSSA", new LoraConfig(8, 16), Optional.of(new PissaStart()), 1e-2),
    new Contestant("DoRA", new DoraConfig(8, 16), Optional.empty(), 1e-2),
    new Contestant("MiSS", new MissConfig(8), Optional.empty(), 1e-2),
    new Contestant("VeRA", new VeraConfig(), Optional.empty(), 1e-1),
    new Contestant("SVFit", new SvfitConfig(32), Optional.empty(), 3e-1));

// %% [markdown]
// Each trains a model of its own, and is measured ten times on the way on logs that nobody trains on.

// %%
record Result(String name, long trainable, double[] steps, double[] losses) {
  double loss() { return losses[losses.length - 1]; }
  String label() { return String.format(Locale.ROOT, "%s (%,d)", name, trainable); }
}
Result run(Contestant contestant) throws Exception {
  try (var model = LanguageModel.load(folder.resolve("model"))) {
    var spec = new AdapterSpec(contestant.config(), TargetModules.allLinear());
    model.adapt(contestant.start().map(spec::startedBy).orElse(spec));
    var rate = new LearningRate(contestant.rate(), Schedule.COSINE, Warmup.share(0.05));
    var held = new Batches(model.read(folder.resolve("valid.jsonl")), 8, Order.asListed());
    double before = model.evaluate(() -> held.epochs(1)).loss();
    var evaluations = model.train(
        model.batches(folder.resolve("train.jsonl"), 8),
        new TrainingConfig(steps, rate, new AdamWSettings(), 1, 1, 0),
        new TrainingPlan<TokenBatch>().evaluating(new EvaluationPlan<>(() -> held.epochs(1), Math.max(1, steps / 10)))).evaluations();
    return new Result(contestant.name(), model.peft().report().trainable(),
        DoubleStream.concat(DoubleStream.of(0), evaluations.stream().mapToDouble(e -> e.step())).toArray(),
        DoubleStream.concat(DoubleStream.of(before), evaluations.stream().mapToDouble(e -> e.evaluation().loss())).toArray());
  }
}

// %%
var results = new ArrayList<Result>();
for (var contestant : contestants) { results.add(run(contestant)); }
results.sort(Comparator.comparingDouble(Result::loss));
for (var r : results) { System.out.printf(Locale.ROOT, "%-8s %,10d trained, loss %.3f%n", r.name(), r.trainable(), r.loss()); }

// %% [markdown]
// How they get there: four of them, as PiSSA and DoRA lie on LoRA's curve. In brackets is how many numbers train.

// %%
var curves = lines("A tiny model learns ship's logs, by method (trained numbers)", "optimizer step", "loss on held-out logs (nats per token)");
for (var r : results) { if (!List.of("PiSSA", "DoRA").contains(r.name())) { line(curves, r.label(), r.steps(), r.losses()); } }
picture(curves, folder.resolve("curves.png"))

// %% [markdown]
// Where all of them end.

// %%
var ends = bars("Where each method ends after " + steps + " steps (trained numbers)", "method", "loss on held-out logs (nats per token)");
ends.getStyler().setAxisTickLabelsFont(ends.getStyler().getLegendFont().deriveFont(13f)).setYAxisDecimalPattern("0.00");
ends.getStyler().setLabelsVisible(true).setLabelsFont(ends.getStyler().getLegendFont()).setLegendVisible(false);
ends.addSeries("loss", results.stream().map(Result::label).toList(), results.stream().map(Result::loss).toList());
picture(ends, folder.resolve("ends.png"))
