package org.peft4j.nd4j;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.peft4j.kernel.Buffer;
import org.peft4j.kernel.DataType;
import org.peft4j.kernel.Kernels;
import org.peft4j.kernel.NativeEnvironment;
import org.peft4j.kernel.Shape;
import org.peft4j.kernel.Write;
import org.peft4j.onednn.OneDnnKernels;
import org.peft4j.testkit.ChildJvm;

/** What OpenMP says it has read when it was loaded, in processes of their own. */
class NativeEnvironmentTest {

  private static final String DISPLAY = "OMP_DISPLAY_ENV";

  @TempDir private Path temporary;

  /** A product, which loads the natives. */
  static final class Multiply {
    private Multiply() {}

    public static void main(String[] args) {
      Kernels kernels = args[0].equals("onednn") ? new OneDnnKernels() : new Nd4jKernels();
      Buffer x = Buffer.allocate(DataType.FLOAT32, Shape.of(4, 4));
      kernels.freeze(x).apply(x, Write.SET, Buffer.allocate(DataType.FLOAT32, Shape.of(4, 4)));
    }
  }

  @ParameterizedTest
  @CsvSource({"onednn", "nd4j"})
  void threadsWaitShortlyAndAreAsManyAsAskedFor(String kernels) throws Exception {
    String said = said(Map.of(), "-Dpeft4j.threads=3", kernels);

    assertThat(said).contains("GOMP_SPINCOUNT = '2000'").contains("OMP_NUM_THREADS = '3'");
  }

  @Test
  void whatTheUserHasSetStays() throws Exception {
    String passive =
        said(Map.of("OMP_WAIT_POLICY", "PASSIVE", "OMP_NUM_THREADS", "5"), "-Xmx64m", "onednn");
    assertThat(passive)
        .contains("OMP_WAIT_POLICY = 'PASSIVE'")
        .contains("GOMP_SPINCOUNT = '0'")
        .contains("OMP_NUM_THREADS = '5'");
    String spinning = said(Map.of("GOMP_SPINCOUNT", "77"), "-Xmx64m", "onednn");
    assertThat(spinning).contains("GOMP_SPINCOUNT = '77'");
  }

  @Test
  void aContainersShareOfProcessorsCounts() throws Exception {
    String said = said(Map.of(), "-XX:ActiveProcessorCount=7", "onednn");

    assertThat(said).contains("OMP_NUM_THREADS = '7'");
  }

  @ParameterizedTest
  @CsvSource({"'3',3", "'4,2',4", "' 5',0", "'0',0", "'x',0", "'99999999999',0", "'6 , 1',6"})
  void readsTheOutermostNumberOfThreads(String value, int threads) {
    int expected = threads > 0 ? threads : Runtime.getRuntime().availableProcessors();

    assertThat(NativeEnvironment.threads(Map.of("OMP_NUM_THREADS", value))).isEqualTo(expected);
  }

  /** What libgomp prints at its start in a process with these variables and nothing else of it. */
  private String said(Map<String, String> variables, String option, String kernels)
      throws IOException, InterruptedException {
    assumeThat(System.getProperty("os.name")).isEqualTo("Linux");
    Path log = temporary.resolve("log");
    ProcessBuilder process = ChildJvm.of(List.of(option), Multiply.class, kernels);
    Map<String, String> environment = process.environment();
    environment
        .keySet()
        .removeAll(Arrays.asList("OMP_WAIT_POLICY", "GOMP_SPINCOUNT", "OMP_NUM_THREADS"));
    environment.put(DISPLAY, "VERBOSE");
    environment.putAll(variables);
    Process child = process.redirectErrorStream(true).redirectOutput(log.toFile()).start();
    assertThat(child.waitFor(5, TimeUnit.MINUTES)).isTrue();
    String said = Files.readString(log);
    assertThat(child.exitValue()).as(said).isZero();
    return said;
  }
}
