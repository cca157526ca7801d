package org.peft4j.transformers;

import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;
import org.peft4j.AdaptedModel;
import org.peft4j.settings.Require;
import org.peft4j.tensor.Tape;
import org.peft4j.transformers.model.ClassBatch;
import org.peft4j.transformers.model.Labels;
import org.peft4j.transformers.model.SequenceClassifier;
import org.peft4j.transformers.model.TokenBatch;

/** What a classifier says of texts that are tokens already. */
record TextPredictions(AdaptedModel<? extends SequenceClassifier<?>> adapted) {

  /** What texts are, in their order; those of like length are computed together. */
  List<Prediction> of(List<int[]> texts, int batchSize) {
    Require.positive("batchSize", batchSize);
    Integer[] byLength = IntStream.range(0, texts.size()).boxed().toArray(Integer[]::new);
    Arrays.sort(byLength, Comparator.comparingInt(i -> texts.get(i).length));
    Prediction[] predictions = new Prediction[byLength.length];
    for (int from = 0; from < byLength.length; from += batchSize) {
      List<Integer> chosen =
          Arrays.asList(byLength).subList(from, Math.min(byLength.length, from + batchSize));
      List<Prediction> those =
          of(TokenBatch.of(chosen.stream().map(texts::get).toList()).roundedUp());
      for (int i = 0; i < chosen.size(); i++) {
        predictions[chosen.get(i)] = those.get(i);
      }
    }
    return List.of(predictions);
  }

  /** How well these agree with the labels of batches. */
  ClassEvaluation evaluated(Iterable<ClassBatch> batches) {
    Labels labels = labels();
    int[][] confusion = new int[labels.size()][labels.size()];
    double loss = 0;
    long texts = 0;
    for (ClassBatch batch : batches) {
      labels.requireKnown(batch.labels());
      List<Prediction> predictions = of(batch.tokens());
      for (int i = 0; i < predictions.size(); i++) {
        int label = batch.labels()[i];
        loss -= predictions.get(i).logProbability(label);
        confusion[label][predictions.get(i).number()]++;
        texts++;
      }
    }
    if (texts == 0) {
      throw new IllegalArgumentException("there are no texts to evaluate on");
    }
    return new ClassEvaluation(labels, loss / texts, confusion);
  }

  private Labels labels() {
    return adapted.model().labels();
  }

  private List<Prediction> of(TokenBatch batch) {
    Labels labels = labels();
    int count = labels.size();
    try (Tape t = adapted.inference()) {
      double[] scores = adapted.model().logits(t, batch).value().toDoubles();
      return IntStream.range(0, batch.sequences())
          .mapToObj(
              s -> new Prediction(labels, Arrays.copyOfRange(scores, s * count, (s + 1) * count)))
          .toList();
    }
  }
}
