// %% [markdown]
// # Singular values and effective ranks
// What do the pretrained matrices look like, how much of them do PiSSA's first components hold, and how many directions does a trained
// LoRA of rank 8 really use? The effective rank (Roy and Vetterli, 2007) is the exponential of the entropy of the singular values, taken as
// shares of their sum: n equal values give n.

// %%
Path folder = Files.createTempDirectory("peft4j");
int steps = Integer.getInteger("peft4j.steps", 150);
TinyModel.unpack(folder.resolve("model"));
ShipLogs.write(folder.resolve("train.jsonl"), 0, 400);
var model = LanguageModel.load(folder.resolve("model"));

// %%
double effectiveRank(double[] values) {
  double sum = Arrays.stream(values).sum();
  return Math.exp(-Arrays.stream(values).map(v -> v / sum).filter(p -> p > 0).map(p -> p * Math.log(p)).sum());
}
double energy(double[] values, int first) {
  return Arrays.stream(values).limit(first).map(v -> v * v).sum() / Arrays.stream(values).map(v -> v * v).sum();
}

// %% [markdown]
// The spectrum of every projection of the first layer.

// %%
var weights = new LinkedHashMap<String, double[]>();
for (String name : List.of("self_attn.q_proj", "self_attn.v_proj", "mlp.gate_proj", "mlp.down_proj")) {
  var weight = org.peft4j.nn.ModuleTree.parameters(model.model()).get("model.layers.0." + name + ".weight").pretrained();
  double[] values = Svd.of(name, Matrix.of(weight.value())).singularValues();
  weights.put(name, values);
  System.out.printf(Locale.ROOT, "%-18s %3d values, effective rank %5.1f, the first 8 hold %4.1f %% of the energy%n",
      name, values.length, effectiveRank(values), 100 * energy(values, 8));
}

// %%
var spectra = lines("Singular values of four pretrained matrices of the first layer", "component, largest first", "singular value");
weights.forEach((name, values) -> line(spectra, name, IntStream.rangeClosed(1, values.length).asDoubleStream().toArray(), values));
picture(spectra, folder.resolve("spectra.png"))

// %% [markdown]
// Now the update that LoRA learns. `Svd.ofProduct` decomposes B·A without multiplying it out.

// %%
model.adapt(new LoraConfig(8, 16));
model.train(model.batches(folder.resolve("train.jsonl"), 8), new TrainingConfig(steps, 1e-2));
var factors = model.peft().parameters("default");
var updates = new LinkedHashMap<String, double[]>();
for (String path : factors.keySet()) {
  if (path.endsWith("lora_A.weight")) {
    String layer = path.substring(0, path.length() - ".lora_A.weight".length());
    var b = Matrix.of(factors.get(layer + ".lora_B.weight").value());
    var a = Matrix.of(factors.get(path).value());
    updates.put(layer, Svd.ofProduct(layer, b, a).singularValues());
  }
}
updates.forEach((layer, values) -> System.out.printf(Locale.ROOT, "%-32s effective rank %.1f of 8%n", layer, effectiveRank(values)));

// %% [markdown]
// The same as a picture: a group for each projection, a bar for each layer.

// %%
var ranks = bars("How many of its 8 directions LoRA uses, by projection and layer", "projection", "effective rank of the update");
ranks.getStyler().setSeriesColors(IntStream.of(0xBDD7E7, 0x6BAED6, 0x2171B5, 0x08306B).mapToObj(java.awt.Color::new).toArray(java.awt.Color[]::new));
ranks.getStyler().setLegendPosition(org.knowm.xchart.style.Styler.LegendPosition.OutsideS).setLegendLayout(org.knowm.xchart.style.Styler.LegendLayout.Horizontal);
var layers = updates.keySet().stream().collect(Collectors.groupingBy(path -> path.split("[.]")[2], TreeMap::new, Collectors.toList()));
layers.forEach((layer, paths) -> ranks.addSeries("layer " + layer,
    paths.stream().map(path -> path.replaceAll(".*[.](.+)_proj", "$1")).toList(),
    paths.stream().map(path -> effectiveRank(updates.get(path))).toList()));
model.close();
picture(ranks, folder.resolve("ranks.png"))
