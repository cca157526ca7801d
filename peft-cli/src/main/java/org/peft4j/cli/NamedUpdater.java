package org.peft4j.cli;

import org.nd4j.linalg.learning.config.AMSGrad;
import org.nd4j.linalg.learning.config.AdaGrad;
import org.nd4j.linalg.learning.config.AdaMax;
import org.nd4j.linalg.learning.config.IUpdater;
import org.nd4j.linalg.learning.config.Nadam;
import org.nd4j.linalg.learning.config.Nesterovs;
import org.nd4j.linalg.learning.config.RmsProp;
import org.nd4j.linalg.learning.config.Sgd;

/** ND4J's updaters by name; a class of its own, as ND4J takes its time to load. */
final class NamedUpdater {

  private NamedUpdater() {}

  static IUpdater of(String name) {
    return switch (name) {
      case "adagrad" -> new AdaGrad();
      case "adamax" -> new AdaMax();
      case "amsgrad" -> new AMSGrad();
      case "nadam" -> new Nadam();
      case "nesterovs" -> new Nesterovs();
      case "rmsprop" -> new RmsProp();
      case "sgd" -> new Sgd();
      default -> throw new IllegalStateException("this is our bug: no optimizer " + name);
    };
  }
}
