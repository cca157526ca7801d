package org.peft4j.kernel;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

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
    assertInstanceOf(OneDnnKernels.class, KernelSets.forType(DataType.FLOAT32));
  }

  @Test
  void computesFloat64WithNd4j() {
    assertInstanceOf(Nd4jKernels.class, KernelSets.forType(DataType.FLOAT64));
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
}
