// %% [markdown]
// # A first run
// A language model of one megabyte, which comes with the library and tells children's stories, learns to keep a ship's log.

// %%
Path folder = Files.createTempDirectory("peft4j");
int steps = Integer.getInteger("peft4j.steps", 150);
TinyModel.unpack(folder.resolve("model"));
ShipLogs.write(folder.resolve("train.jsonl"), 0, 400);
ShipLogs.write(folder.resolve("valid.jsonl"), -64, 64);
var model = LanguageModel.load(folder.resolve("model"));

// %% [markdown]
// What it writes when it is asked for a log, and how well it predicts logs that it will not be trained on:

// %%
String prompt = "One windy day.";
System.out.println(prompt + model.generate(prompt, 80));
double before = model.evaluate(folder.resolve("valid.jsonl")).loss();
System.out.printf(Locale.ROOT, "loss before: %.3f%n", before);

// %% [markdown]
// LoRA on all linear layers. The report says how little of the model trains.

// %%
model.adapt(new LoraConfig(8, 16));
System.out.println(model.peft().report());

// %% [markdown]
// Training, with a look at the held-out logs every ten steps.

// %%
var batches = model.batches(folder.resolve("train.jsonl"), 8);
var held = new Batches(model.read(folder.resolve("valid.jsonl")), 8, Order.asListed());
var rate = new LearningRate(1e-2, Schedule.COSINE, Warmup.share(0.05));
var config = new TrainingConfig(steps, rate, new AdamWSettings(), 1, 1, 0);
var plan = new TrainingPlan<TokenBatch>().evaluating(new EvaluationPlan<>(() -> held.epochs(1), 10));
var report = model.train(batches, config, plan);
System.out.printf(Locale.ROOT, "%d steps in %.1f s%n", report.steps().size(), report.seconds());

// %%
System.out.printf(Locale.ROOT, "loss after: %.3f%n", model.evaluate(folder.resolve("valid.jsonl")).loss());
System.out.println(prompt + model.generate(prompt, 80));

// %% [markdown]
// The losses as a picture. In a notebook the last line shows it; in JShell it is in the file that is named.

// %%
var chart = lines("LoRA of rank 8 learns to keep a ship's log", "optimizer step", "loss (nats per token)");
line(chart, "held-out logs",
    DoubleStream.concat(DoubleStream.of(0), report.evaluations().stream().mapToDouble(e -> e.step())).toArray(),
    DoubleStream.concat(DoubleStream.of(before), report.evaluations().stream().mapToDouble(e -> e.evaluation().loss())).toArray());
line(chart, "training batches", report.steps().stream().mapToDouble(s -> s.step()).toArray(), report.losses());
picture(chart, folder.resolve("loss.png"))

// %% [markdown]
// What was learned is an adapter in Hugging Face PEFT's format: two small files.

// %%
model.save(folder.resolve("adapter"));
try (var files = Files.list(folder.resolve("adapter"))) { files.sorted().forEach(System.out::println); }
model.close();
