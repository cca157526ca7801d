package org.peft4j.kernel;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.peft4j.testkit.ChildJvm;

class KernelSetsTest {

  private static final String PROPERTY = "peft4j.kernels";

  @AfterEach
  void forget() {
    System.clearProperty(PROPERTY);
  }

  @Test
  void passesOnBfloat16WhereAModelComputesInIt() {
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
  }

  @Test
  void rejectsAnUnknownName() {
    System.setProperty(PROPERTY, "cuda");

    Exception e =
        assertThrows(IllegalArgumentException.class, () -> KernelSets.forType(DataType.FLOAT32));

    assertEquals("-Dpeft4j.kernels must be nd4j or onednn but was cuda", e.getMessage());
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
    ProcessBuilder asking = ChildJvm.of(List.of("-Xmx128m"), Asking.class);
    asking.environment().put("ONEDNN_MAX_CPU_ISA", "AVX2");
    Process process = asking.start();
    String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertEquals(0, process.waitFor());
    assertEquals(
        "this processor cannot compute in BFLOAT16, for which oneDNN needs AVX-512 or its like;"
            + " choose FLOAT32",
        said.strip());
  }

  /** Asks for bfloat16 kernels and prints why there are none. */
  static final class Asking {

    public static void main(String[] args) {
      try {
        System.out.println(KernelSets.forType(DataType.BFLOAT16).name());
      } catch (IllegalStateException e) {
        System.out.println(e.getMessage());
      }
    }
  }
}
