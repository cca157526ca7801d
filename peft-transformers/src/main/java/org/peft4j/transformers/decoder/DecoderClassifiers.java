package org.peft4j.transformers.decoder;

import java.util.Set;
import org.peft4j.io.AdapterFormatException;
import org.peft4j.nn.Weights;
import org.peft4j.transformers.checkpoint.ClassifierFamily;
import org.peft4j.transformers.checkpoint.ModelConfig;
import org.peft4j.transformers.model.Labels;
import org.peft4j.transformers.model.SequenceClassifier;

/** Classifiers on a family of decoders: {@link DecoderForSequenceClassification}. */
record DecoderClassifiers(DecoderFamily family) implements ClassifierFamily {

  @Override
  public Set<String> newModules() {
    return Set.of(SequenceClassifier.HEAD);
  }

  @Override
  public DecoderForSequenceClassification build(ModelConfig config, Labels labels, Weights weights)
      throws AdapterFormatException {
    DecoderModel decoder = family.decoder(config, weights);
    String name = family.architecture(config.text("model_type", ""));
    DecoderForSequenceClassification.Purpose purpose =
        new DecoderForSequenceClassification.Purpose(
            labels, name + "ForSequenceClassification", config.tokenId("pad_token_id"));
    return new DecoderForSequenceClassification(decoder, purpose, weights);
  }
}
