package org.peft4j.nd4j;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.File;
import java.io.IOException;
import java.io.PrintStream;
import java.lang.reflect.Proxy;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.peft4j.kernel.DataType;
import org.peft4j.kernel.KernelSet;
import org.peft4j.kernel.KernelSets;
import org.peft4j.kernel.Kernels;
import org.peft4j.testkit.Bfloat16;
import org.peft4j.testkit.ChildJvm;

class KernelSetsTest {

  private static final String PROPERTY = "peft4j.kernels";

  @TempDir Path folder;

  @AfterEach
  void forget() {
    System.clearProperty(PROPERTY);
  }

  @Test
  void passesOnBfloat16WhereAModelComputesInIt() {
    Bfloat16.assumeComputable();
    assertEquals(
        DataType.BFLOAT16, KernelSets.forType(DataType.BFLOAT16).passedOn(DataType.FLOAT32));
    assertEquals(DataType.FLOAT32, KernelSets.forType(DataType.FLOAT32).passedOn(DataType.FLOAT32));
  }

  @Test
  void computesFloat32WithOneDnnWhereThatIsThere() {
    assertEquals("onednn", KernelSets.forType(DataType.FLOAT32).name());
  }

  @Test
  void computesFloat64WithNd4j() {
    assertEquals("nd4j", KernelSets.forType(DataType.FLOAT64).name());
  }

  @Test
  void sharesOneInstance() {
    assertSame(KernelSets.forType(DataType.FLOAT32), KernelSets.forType(DataType.FLOAT32));
  }

  @Test
  void followsTheProperty() {
    System.setProperty(PROPERTY, "nd4j");
    assertEquals("nd4j", KernelSets.forType(DataType.FLOAT32).name());
    System.setProperty(PROPERTY, "onednn");
    assertEquals("onednn", KernelSets.forType(DataType.FLOAT32).name());
    assertEquals("nd4j", KernelSets.forType(DataType.FLOAT64).name());
    System.setProperty(PROPERTY, "plain");
    for (DataType type : List.of(DataType.FLOAT32, DataType.FLOAT64, DataType.BFLOAT16)) {
      assertEquals("plain", KernelSets.forType(type).name());
    }
  }

  @Test
  void computesFloat64InPlainJavaWhereNd4jIsNot() throws Exception {
    assertEquals("plain", said(askingWithout("nd4j-native", DataType.FLOAT64)));
  }

  /** Models would compute, but so slowly that it is better to say what is missing. */
  @Test
  void computesInNothingElseWithoutEngines() throws Exception {
    String natives = "nd4j-native|(dnnl-.*-(linux|macosx|windows))";
    assertThat(said(askingWithout(natives, DataType.FLOAT32)))
        .startsWith(
            "nothing that computes in FLOAT32 can run here. onednn: oneDNN's native library cannot"
                + " be loaded (")
        .contains("): add the dependency org.peft4j:peft-cpu, which", ". nd4j: FLOAT32 with")
        .doesNotContain("plain");
    assertThat(said(askingWithout(natives, DataType.BFLOAT16)))
        .startsWith("oneDNN's native library cannot be loaded (")
        .contains("): add the dependency org.peft4j:peft-cpu, which");
  }

  @Test
  void rejectsAnUnknownName() {
    System.setProperty(PROPERTY, "cuda");

    Exception e =
        assertThrows(IllegalArgumentException.class, () -> KernelSets.forType(DataType.FLOAT32));

    assertEquals("-Dpeft4j.kernels must be nd4j or onednn or plain but was cuda", e.getMessage());
  }

  @Test
  void rejectsAStorageType() {
    Exception e =
        assertThrows(IllegalArgumentException.class, () -> KernelSets.forType(DataType.INT8));

    assertEquals(
        "no kernels compute in INT8; they do in FLOAT32, FLOAT64 and BFLOAT16", e.getMessage());
  }

  /** In a process of its own: oneDNN looks at the processor once. */
  @Test
  void saysWhereTheProcessorHasNoBfloat16() throws Exception {
    Assumptions.assumeTrue(System.getProperty("os.arch").equals("amd64"), "oneDNN's names for x64");
    ProcessBuilder asking =
        ChildJvm.of(List.of("-Xmx128m"), Asking.class, DataType.BFLOAT16.name());
    asking.environment().put("ONEDNN_MAX_CPU_ISA", "AVX2");
    assertEquals(
        "this processor cannot compute in BFLOAT16, for which oneDNN needs AVX-512 or its like;"
            + " choose FLOAT32",
        said(asking));
  }

  @Test
  void takesAnEngineFromOutsideThatIsPreferred() throws Exception {
    assertEquals("outside", said(asking(Outside.class, DataType.FLOAT32)));
    assertEquals("nd4j", said(asking(Outside.class, DataType.FLOAT64)));
  }

  @Test
  void takesTheNextWhereAnEngineCannotRun() throws Exception {
    assertEquals("onednn", said(asking(Impossible.class, DataType.FLOAT32)));
  }

  @Test
  void saysWhyAnEngineThatWasNamedCannotRun() throws Exception {
    assertEquals(
        "there is no such card; buy one",
        said(asking(Impossible.class, DataType.FLOAT32, "-Dpeft4j.kernels=impossible")));
    assertEquals(
        "-Dpeft4j.kernels=impossible cannot compute in BFLOAT16; choose FLOAT32, or onednn",
        said(asking(Impossible.class, DataType.BFLOAT16, "-Dpeft4j.kernels=impossible")));
    assertEquals(
        "-Dpeft4j.kernels must be impossible or nd4j or onednn or plain but was cuda",
        said(asking(Impossible.class, DataType.FLOAT32, "-Dpeft4j.kernels=cuda")));
  }

  @Test
  void saysWhichNumbersOfThreadsThereAre() throws Exception {
    assertEquals(
        "-Dpeft4j.threads must be a number from 1 to 9999 but was two",
        said(
            ChildJvm.of(
                List.of("-Xmx128m", "-Dpeft4j.threads=two"), Asking.class, DataType.FLOAT32)));
  }

  /** A process that has one more engine on its class path. */
  private ProcessBuilder asking(Class<? extends KernelSet> more, DataType type, String... options)
      throws IOException {
    Path services =
        Files.createDirectories(folder.resolve(more.getSimpleName() + "/META-INF/services"));
    Files.writeString(services.resolve(KernelSet.class.getName()), more.getName());
    List<String> all = new ArrayList<>(List.of(options));
    all.add("-Xmx256m");
    all.add("-Xbootclasspath/a:" + folder.resolve(more.getSimpleName()));
    return ChildJvm.of(all, Asking.class, type.name());
  }

  /** A process without the jars whose names begin so. */
  private static ProcessBuilder askingWithout(String jars, DataType type) {
    ProcessBuilder asking = ChildJvm.of(List.of("-Xmx256m"), Asking.class, type.name());
    String path = System.getProperty("java.class.path");
    String rest =
        Arrays.stream(path.split(File.pathSeparator))
            .filter(entry -> !Path.of(entry).getFileName().toString().matches("(" + jars + ").*"))
            .collect(Collectors.joining(File.pathSeparator));
    asking.command().replaceAll(word -> word.equals(path) ? rest : word);
    return asking;
  }

  private static String said(ProcessBuilder asking) throws Exception {
    Process process = asking.redirectError(ProcessBuilder.Redirect.DISCARD).start();
    String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertEquals(0, process.waitFor());
    return said.strip();
  }

  /** Asks for the kernels of a type and prints which they are, or why there are none. */
  static final class Asking {

    public static void main(String[] args) {
      PrintStream out = System.out;
      System.setOut(System.err);
      try {
        out.println(KernelSets.forType(DataType.valueOf(args[0])).name());
      } catch (IllegalArgumentException | IllegalStateException e) {
        out.println(e.getMessage());
      }
    }
  }

  /** An engine of somebody else's, preferred to ours. */
  private interface Foreign extends KernelSet {

    @Override
    default Set<DataType> types() {
      return Set.of(DataType.FLOAT32);
    }

    @Override
    default int preference() {
      return 1000;
    }
  }

  /** One that can run. */
  public static final class Outside implements Foreign {

    @Override
    public String name() {
      return "outside";
    }

    @Override
    public Kernels kernels(DataType type) {
      return (Kernels)
          Proxy.newProxyInstance(
              Kernels.class.getClassLoader(),
              new Class<?>[] {Kernels.class},
              (self, method, arguments) -> {
                assertEquals("name", method.getName());
                return name();
              });
    }
  }

  /** One that cannot run here. */
  public static final class Impossible implements Foreign {

    @Override
    public String name() {
      return "impossible";
    }

    @Override
    public Kernels kernels(DataType type) {
      throw new IllegalStateException("there is no such card; buy one");
    }
  }
}
