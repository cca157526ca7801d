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

// %%
record Result(String name, long trainable, double loss) {}
Result run(Contestant contestant) throws Exception {
  try (var model = LanguageModel.load(folder.resolve("model"))) {
    var spec = new AdapterSpec(contestant.config(), TargetModules.allLinear());
    model.adapt(contestant.start().map(spec::startedBy).orElse(spec));
    var rate = new LearningRate(contestant.rate(), Schedule.COSINE, Warmup.share(0.05));
    model.train(
        model.batches(folder.resolve("train.jsonl"), 8),
        new TrainingConfig(steps, rate, new AdamWSettings(), 1, 1, 0));
    double loss = model.evaluate(folder.resolve("valid.jsonl")).loss();
    return new Result(contestant.name(), model.peft().report().trainable(), loss);
  }
}

// %%
var results = new ArrayList<Result>();
for (var contestant : contestants) { results.add(run(contestant)); }
results.sort(Comparator.comparingDouble(Result::loss));
for (var r : results) { System.out.printf(Locale.ROOT, "%-8s %,10d trained, loss %.3f%n", r.name(), r.trainable(), r.loss()); }

// %%
var chart = new CategoryChartBuilder().width(700).height(400).title("After " + steps + " steps").xAxisTitle("method").yAxisTitle("loss on held-out logs").build();
chart.getStyler().setLegendVisible(false);
chart.addSeries("loss", results.stream().map(Result::name).toList(), results.stream().map(Result::loss).toList());
picture(chart, folder.resolve("methods.png"))
