package org.peft4j.transformers.decoder;

/**
 * How the frequencies of rotary positions are changed so that a model takes longer texts than it
 * was pretrained on.
 */
public interface RopeScaling {

  /** The frequency that takes the place of {@code frequency}, in radians per position. */
  double scale(double frequency);

  /** Leaves them as they are. */
  static RopeScaling none() {
    return frequency -> frequency;
  }

  /**
   * Position interpolation (Chen et al., arXiv 2306.15595): positions move together by {@code
   * factor}.
   *
   * @param factor how much longer texts become
   */
  record Linear(double factor) implements RopeScaling {

    @Override
    public double scale(double frequency) {
      return frequency / factor;
    }
  }

  /**
   * Llama 3.1's rule (Grattafiori et al., arXiv 2407.21783, after Peng et al., arXiv 2309.00071):
   * waves that turn often within the original context stay, slow ones are divided by {@code
   * factor}, those between are blended.
   *
   * @param factor divides the slow waves
   * @param lowFrequencyFactor fewer turns than this in the original context are slow
   * @param highFrequencyFactor more turns than this are fast; larger than the former
   * @param originalPositions the original context
   */
  record Llama3(
      double factor, double lowFrequencyFactor, double highFrequencyFactor, int originalPositions)
      implements RopeScaling {

    @Override
    public double scale(double frequency) {
      double turns = originalPositions * frequency / (2 * Math.PI);
      double fast = (turns - lowFrequencyFactor) / (highFrequencyFactor - lowFrequencyFactor);
      double kept = Math.max(0, Math.min(1, fast));
      return kept * frequency + (1 - kept) * frequency / factor;
    }
  }
}
