package org.peft4j.store;

import java.util.Map;
import org.peft4j.initializer.Offset;
import org.peft4j.tensor.Tensor;

/**
 * The tensors of an adapter.
 *
 * @param parameters by path within the model: the trained ones, as in {@code
 *     PeftModel.parameters(name)}, and constants of single layers
 * @param shared by name, what is saved once for all layers
 * @param offsets where low-rank factors started, by the layer's path
 */
public record AdapterTensors(
    Map<String, Tensor> parameters, Map<String, Tensor> shared, Map<String, Offset> offsets) {}
