package org.peft4j.benchmarks.bench;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.PrintWriter;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.peft4j.benchmarks.steps.Sizes;
import org.peft4j.kernel.DataType;
import org.peft4j.settings.Require;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Compares our training steps with PyTorch's. */
@Command(
    name = "bench",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    usageHelpAutoWidth = true,
    description = {
      "Times training steps of a Llama with adapters, ours and those that Hugging Face PEFT takes on"
          + " PyTorch, in turn and each in a process of its own. First checks that both compute the"
          + " same.",
      "Wants a machine that does nothing else."
    })
public final class BenchCommand implements Callable<Integer> {

  /** Steps after which the JVM's compiler leaves the processor to the training. */
  private static final int STEADY = 15;

  @Spec private CommandSpec command;

  @Option(
      names = "--method",
      paramLabel = "NAME",
      defaultValue = "lora",
      description = "What trains: ${COMPLETION-CANDIDATES}. Default: ${DEFAULT-VALUE}.",
      completionCandidates = MethodNames.class)
  private String method;

  @Option(
      names = "--batch",
      paramLabel = "N",
      defaultValue = "4",
      description = "Sequences in a batch. Default: ${DEFAULT-VALUE}.")
  private int batch;

  @Option(
      names = "--length",
      paramLabel = "N",
      defaultValue = "256",
      description = "Tokens in a sequence. Default: ${DEFAULT-VALUE}.")
  private int length;

  @Option(
      names = "--rounds",
      paramLabel = "N",
      defaultValue = "6",
      description = "Turns of three steps that each one gets. Default: ${DEFAULT-VALUE}.")
  private int rounds;

  @Option(
      names = "--quick",
      description =
          "Two rounds, and PyTorch only in its usual setting instead of the fastest of all.")
  private boolean quick;

  @Option(names = "--json", description = "End standard output with one JSON object on one line.")
  private boolean json;

  /** For the help. */
  static final class MethodNames implements Iterable<String> {
    @Override
    public Iterator<String> iterator() {
      return Method.names().iterator();
    }
  }

  @Override
  public Integer call() throws IOException {
    Require.positive("--rounds", rounds);
    Sizes sizes = new Sizes().on(batch, length);
    Contest contest = new Contest(Method.named(method), sizes, this::tell);
    Agreement agreement = contest.agreement();
    contest.tell(
        "both sides compute the same: loss within %.1e, gradients within %.1e",
        agreement.loss(), agreement.gradient());
    try (Precision single = precision(contest, "f32", DataType.FLOAT32);
        Precision half = precision(contest, "bf16", DataType.BFLOAT16)) {
      List<Contestant> all =
          Stream.of(single, half).flatMap(p -> p.contestants().stream()).toList();
      new Rounds(STEADY, quick ? 2 : rounds, 3).run(contest, all);
      Map<String, Object> results = new LinkedHashMap<>(single.results(sizes));
      results.putAll(half.results(sizes));
      results.put("rss_mib", results.get("rss_bf16_mib"));
      results.put("peer_rss_mib", results.get("peer_rss_bf16_mib"));
      results.put("loss_difference", agreement.loss());
      results.put("gradient_difference", agreement.gradient());
      results.putAll(circumstances());
      print(results);
    }
    return 0;
  }

  private Precision precision(Contest contest, String suffix, DataType type) throws IOException {
    PeerSetting setting = quick ? PeerSetting.usual(type) : contest.fastestSetting(type);
    return new Precision(
        suffix, setting, contest.ours(type), contest.peer(type, setting), contest.product(type));
  }

  private Map<String, Object> circumstances() throws IOException {
    Map<String, Object> circumstances = new LinkedHashMap<>();
    circumstances.put("method", method);
    circumstances.put("batch", batch);
    circumstances.put("length", length);
    circumstances.put("rounds", quick ? 2 : rounds);
    circumstances.putAll(Machine.facts());
    return circumstances;
  }

  private void print(Map<String, Object> results) throws JsonProcessingException {
    PrintWriter out = command.commandLine().getOut();
    out.println(json ? new ObjectMapper().writeValueAsString(results) : table(results));
    out.flush();
  }

  private static String table(Map<String, Object> results) {
    return results.entrySet().stream()
        .map(e -> "%-20s %s".formatted(e.getKey().replace('_', ' '), e.getValue()))
        .collect(Collectors.joining(System.lineSeparator()));
  }

  private void tell(String text) {
    PrintWriter progress = command.commandLine().getErr();
    progress.println(text);
    progress.flush();
  }
}
