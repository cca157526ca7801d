package org.peft4j.kernel;

import java.lang.reflect.InvocationHandler;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import org.peft4j.kernel.plain.PlainKernels;
import org.peft4j.testkit.kernel.FunctionContract;
import org.peft4j.testkit.kernel.ImageContract;
import org.peft4j.testkit.kernel.ProductContract;
import org.peft4j.testkit.kernel.RowContract;
import org.peft4j.testkit.kernel.TrainingContract;

/** Kernels that have only what every set must have. */
class KernelDefaultsTest
    implements ProductContract, RowContract, FunctionContract, ImageContract, TrainingContract {

  private static final Kernels ALL = new PlainKernels();

  @Override
  public Kernels kernels() {
    return (Kernels)
        Proxy.newProxyInstance(
            Kernels.class.getClassLoader(),
            new Class<?>[] {Kernels.class},
            (self, method, arguments) -> {
              if (method.isDefault()) {
                return InvocationHandler.invokeDefault(self, method, arguments);
              }
              try {
                return method.invoke(ALL, arguments);
              } catch (InvocationTargetException e) {
                throw e.getCause();
              }
            });
  }

  @Override
  public DataType type() {
    return DataType.FLOAT64;
  }

  @Override
  public double tolerance() {
    return 1e-10;
  }
}
