import org.peft4j.kernel.DataType;
import org.peft4j.kernel.KernelSets;

/** Float64 is what ND4J is asked for. */
public final class Float64 {

  private Float64() {}

  /** Names who computes in it. */
  public static void main(String... arguments) {
    System.out.println(KernelSets.forType(DataType.FLOAT64).name());
  }
}
