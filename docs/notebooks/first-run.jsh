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
System.out.printf(Locale.ROOT, "loss before: %.3f%n", model.evaluate(folder.resolve("valid.jsonl")).loss());

// %% [markdown]
// LoRA on all linear layers. The report says how little of the model trains.

// %%
model.adapt(new LoraConfig(8, 16));
System.out.println(model.peft().report());

// %%
var batches = model.batches(folder.resolve("train.jsonl"), 8);
var rate = new LearningRate(1e-2, Schedule.COSINE, Warmup.share(0.05));
var config = new TrainingConfig(steps, rate, new AdamWSettings(), 1, 1, 0);
var report = model.train(batches, config);
System.out.printf(Locale.ROOT, "%d steps in %.1f s%n", report.steps().size(), report.seconds());

// %%
System.out.printf(Locale.ROOT, "loss after: %.3f%n", model.evaluate(folder.resolve("valid.jsonl")).loss());
System.out.println(prompt + model.generate(prompt, 80));

// %% [markdown]
// The loss of every step, as a picture. In a notebook the last line shows it; in JShell it is in the file that is named.

// %%
var chart = new XYChartBuilder().width(700).height(400).title("LoRA learns ship's logs").xAxisTitle("optimizer step").yAxisTitle("loss").build();
chart.getStyler().setLegendVisible(false);
chart.addSeries("training", report.losses()).setMarker(org.knowm.xchart.style.markers.SeriesMarkers.NONE);
picture(chart, folder.resolve("loss.png"))

// %% [markdown]
// What was learned is an adapter in Hugging Face PEFT's format: two small files.

// %%
model.save(folder.resolve("adapter"));
try (var files = Files.list(folder.resolve("adapter"))) { files.sorted().forEach(System.out::println); }
model.close();
