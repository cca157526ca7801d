// %% [markdown]
// # Merge and serve
// A model that was fine-tuned becomes a plain one again, which any program reads, and answers over HTTP with nothing but the JDK.

// %%
import com.sun.net.httpserver.HttpServer;
import java.net.*;
import java.net.http.*;
Path folder = Files.createTempDirectory("peft4j");
int steps = Integer.getInteger("peft4j.steps", 150);
TinyModel.unpack(folder.resolve("model"));
ShipLogs.write(folder.resolve("train.jsonl"), 0, 400);

// %%
try (var model = LanguageModel.load(folder.resolve("model"))) {
  model.adapt(new LoraConfig(8, 16));
  model.train(model.batches(folder.resolve("train.jsonl"), 8), new TrainingConfig(steps, 1e-2));
  model.save(folder.resolve("adapter"));
  model.merge(folder.resolve("merged"));
}

// %% [markdown]
// The merged model has no adapter and needs none.

// %%
var merged = LanguageModel.load(folder.resolve("merged"));
System.out.println("One windy day." + merged.generate("One windy day.", 60));

// %% [markdown]
// This server answers one request after the other; `docs/serving.md` answers many at once.

// %%
var server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
server.createContext("/generate", exchange -> {
  String prompt = new String(exchange.getRequestBody().readAllBytes(), java.nio.charset.StandardCharsets.UTF_8);
  byte[] answer = (prompt + merged.generate(prompt, 60)).getBytes(java.nio.charset.StandardCharsets.UTF_8);
  exchange.sendResponseHeaders(200, answer.length);
  try (var body = exchange.getResponseBody()) { body.write(answer); }
});
server.start();
URI address = URI.create("http://localhost:" + server.getAddress().getPort() + "/generate");
System.out.println("serving at " + address);

// %%
var request = HttpRequest.newBuilder(address).POST(HttpRequest.BodyPublishers.ofString("At dawn.")).build();
System.out.println(HttpClient.newHttpClient().send(request, HttpResponse.BodyHandlers.ofString()).body());

// %%
server.stop(0);
merged.close();
