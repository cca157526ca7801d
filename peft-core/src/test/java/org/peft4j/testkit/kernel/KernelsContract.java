package org.peft4j.testkit.kernel;

/**
 * What every kernel set has to do, on one element type. A test implements this and gives the kernel
 * set, the type and a tolerance.
 */
public interface KernelsContract
    extends ProductContract,
        ElementContract,
        RowContract,
        ActivationContract,
        FunctionContract,
        NormContract,
        AttentionContract,
        TokenContract,
        ImageContract,
        TrainingContract {}
