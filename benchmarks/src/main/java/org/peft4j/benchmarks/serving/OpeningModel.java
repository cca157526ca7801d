package org.peft4j.benchmarks.serving;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import org.peft4j.kernel.DataType;
import org.peft4j.kernel.HostMemory;
import org.peft4j.kernel.KernelSets;
import org.peft4j.transformers.checkpoint.Checkpoint;
import org.peft4j.transformers.generate.Generator;
import org.peft4j.transformers.generate.Sampling;
import org.peft4j.transformers.model.CausalLm;

/**
 * What it costs to open models of 110 MiB and 1 GiB that are stored in float32 or bfloat16, and to
 * generate from them: time, memory blocks, resident memory. Each in a process of its own; the files
 * are in the system's cache. Argument: a folder to write the models to (a temporary one).
 */
public final class OpeningModel {

  private OpeningModel() {}

  public static void main(String[] arguments) throws IOException, InterruptedException {
    if (arguments.length == 3 && arguments[0].equals("open")) {
      open(Path.of(arguments[1]), DataType.valueOf(arguments[2]));
      return;
    }
    Path folder =
        arguments.length > 0 ? Path.of(arguments[0]) : Files.createTempDirectory("opening");
    for (boolean small : List.of(true, false)) {
      for (DataType stored : List.of(DataType.FLOAT32, DataType.BFLOAT16)) {
        Path model =
            Files.createDirectories(folder.resolve((small ? "small-" : "large-") + stored));
        if (!Files.exists(model.resolve("model.safetensors"))) {
          (small ? RandomLlama.small() : RandomLlama.large()).write(model, stored);
        }
        inOwnProcess(model, DataType.FLOAT32);
        if (stored == DataType.BFLOAT16 && isComputable(DataType.BFLOAT16)) {
          inOwnProcess(model, DataType.BFLOAT16);
        }
      }
    }
  }

  private static boolean isComputable(DataType type) {
    try {
      KernelSets.forType(type);
      return true;
    } catch (IllegalArgumentException | IllegalStateException e) {
      System.out.println(e.getMessage());
      return false;
    }
  }

  private static void inOwnProcess(Path model, DataType computed)
      throws IOException, InterruptedException {
    Process process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx1g",
                "-XX:+UseSerialGC",
                "-Dorg.bytedeco.javacpp.maxbytes=0",
                "-Dorg.bytedeco.javacpp.maxphysicalbytes=0",
                "-cp",
                System.getProperty("java.class.path"),
                OpeningModel.class.getName(),
                "open",
                model.toString(),
                computed.name())
            .inheritIO()
            .start();
    if (process.waitFor() != 0) {
      throw new IllegalStateException("opening " + model + " failed");
    }
  }

  private static void open(Path folder, DataType type) throws IOException {
    KernelSets.forType(type);
    Resident before = Resident.now();
    long blocks = HostMemory.allocations();
    long start = System.nanoTime();
    CausalLm<?> model = Checkpoint.load(folder, type).causalLm();
    System.out.printf(
        "%s, %d MiB, in %s: opened in %.0f ms with %d allocations, %s%n",
        folder.getFileName(),
        Files.size(folder.resolve("model.safetensors")) >> 20,
        type,
        (System.nanoTime() - start) / 1e6,
        HostMemory.allocations() - blocks,
        Resident.now().since(before));
    for (int prompt : new int[] {8, 200}) {
      generate(model, type, prompt, before);
      generate(model, type, prompt, before);
    }
  }

  private static void generate(CausalLm<?> model, DataType type, int prompt, Resident before)
      throws IOException {
    long start = System.nanoTime();
    new Generator(model, KernelSets.forType(type))
        .generate(new int[prompt], new Generator.Request(2, Sampling.greedy(), Set.of()));
    System.out.printf(
        "  2 tokens after a prompt of %d: %.0f ms, %s%n",
        prompt, (System.nanoTime() - start) / 1e6, Resident.now().since(before));
  }
}
