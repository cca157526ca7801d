package org.peft4j.store;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import java.util.Set;
import org.peft4j.io.Safetensors;
import org.peft4j.kernel.Buffer;
import org.peft4j.kernel.DataType;
import org.peft4j.kernel.Shape;

/** A file of tensors, whatever its format. */
interface TensorSource extends AutoCloseable {

  /** To name in messages. */
  Path file();

  Set<String> names();

  Shape shape(String name);

  Buffer read(String name, DataType as) throws IOException;

  Map<String, String> metadata();

  @Override
  void close() throws IOException;

  /** A safetensors file. */
  static TensorSource of(Path file) throws IOException {
    return new Plain(file, Safetensors.open(file));
  }

  /** Its tensors as they are. */
  record Plain(Path file, Safetensors tensors) implements TensorSource {

    @Override
    public Set<String> names() {
      return tensors.names();
    }

    @Override
    public Shape shape(String name) {
      return tensors.info(name).shape();
    }

    @Override
    public Buffer read(String name, DataType as) throws IOException {
      return tensors.read(name, as);
    }

    @Override
    public Map<String, String> metadata() {
      return tensors.metadata();
    }

    @Override
    public void close() throws IOException {
      tensors.close();
    }
  }
}
