package org.peft4j.listeners;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.awt.GraphicsEnvironment;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import javax.imageio.ImageIO;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.peft4j.train.StopReason;
import org.w3c.dom.Document;

class CurvesListenerTest {

  @TempDir Path folder;
  private Path png;
  private Path svg;

  @BeforeAll
  static void withoutADisplay() {
    System.setProperty("java.awt.headless", "true");
    assertThat(GraphicsEnvironment.isHeadless()).isTrue();
  }

  @BeforeEach
  void name() {
    png = folder.resolve("new/loss.png");
    svg = folder.resolve("loss.SVG");
  }

  @Test
  void drawsWhatItWasTold() throws Exception {
    try (CurvesListener listener = new CurvesListener(png, svg)) {
      listener.onStart(Reports.start(0));
      Reports.steps(listener, 1, 40);
      listener.onEnd(Reports.end(StopReason.STEPS));
    }

    BufferedImage picture = ImageIO.read(png.toFile());
    assertThat(picture.getWidth()).isEqualTo(1000);
    assertThat(count(picture, 0x1f77b4)).isGreaterThan(500);
    assertThat(count(picture, 0xd62728)).isZero();
    Document drawing = parsed(svg);
    assertThat(drawing.getDocumentElement().getTagName()).isEqualTo("svg");
    assertThat(drawing.getElementsByTagName("path").getLength()).isGreaterThan(20);
    assertThat(Files.readString(svg)).contains("rgb(31,119,180)").doesNotContain("rgb(214,39,40)");
  }

  @Test
  void drawsAtEveryEvaluation() throws IOException {
    try (CurvesListener listener = new CurvesListener(png)) {
      Reports.steps(listener, 1, 20);
      assertThat(png).doesNotExist();
      listener.onEvaluation(Reports.evaluation(20));
      int points = count(ImageIO.read(png.toFile()), 0xd62728);
      listener.onEvaluation(Reports.evaluation(40));

      assertThat(points).isPositive();
      assertThat(count(ImageIO.read(png.toFile()), 0xd62728)).isGreaterThan(points);
    }
  }

  @Test
  void drawsWhatThereIsWhereTrainingFails() {
    try (CurvesListener listener = new CurvesListener(png)) {
      listener.onStart(Reports.start(0));
      Reports.steps(listener, 1, 3);
    }

    assertThat(png).isNotEmptyFile();
  }

  @Test
  void drawsNothingWhereThereIsNothing() {
    try (CurvesListener listener = new CurvesListener(png)) {
      listener.onStart(Reports.start(0));
      listener.onEnd(Reports.end(StopReason.DATA));
    }

    assertThat(png).doesNotExist();
  }

  @Test
  void aSingleStepIsEnough() {
    try (CurvesListener listener = new CurvesListener(png, svg)) {
      listener.onStep(Reports.step(1));
    }

    assertThat(png).isNotEmptyFile();
    assertThat(svg).isNotEmptyFile();
  }

  @Test
  void forgetsWhatIsDoneAgain() throws IOException {
    Path other = folder.resolve("other.png");
    try (CurvesListener listener = new CurvesListener(png);
        CurvesListener straight = new CurvesListener(other)) {
      Reports.steps(listener, 1, 30);
      listener.onEvaluation(Reports.evaluation(30));
      listener.onStart(Reports.start(20));
      Reports.steps(listener, 21, 25);
      Reports.steps(straight, 1, 25);
    }

    assertThat(png).hasSameBinaryContentAs(other);
  }

  @Test
  void leavesNoOtherFileBehind() throws IOException {
    try (CurvesListener listener = new CurvesListener(svg)) {
      Reports.steps(listener, 1, 20);
      listener.onEvaluation(Reports.evaluation(10));
      listener.onEvaluation(Reports.evaluation(20));
    }

    try (Stream<Path> files = Files.list(folder)) {
      assertThat(files).containsExactly(svg);
    }
  }

  @Test
  void drawsOnAThreadThatHasBeenAskedToStop() {
    CurvesListener listener = new CurvesListener(png);
    listener.onStep(Reports.step(1));
    Thread.currentThread().interrupt();
    try {
      listener.onEnd(Reports.end(StopReason.INTERRUPTED));
    } finally {
      assertThat(Thread.interrupted()).isTrue();
    }

    assertThat(png).isNotEmptyFile();
  }

  @Test
  void namesTheFileThatCannotBeWritten() throws IOException {
    Path file = Files.writeString(folder.resolve("file"), "").resolve("loss.png");
    CurvesListener listener = new CurvesListener(file);
    listener.onStep(Reports.step(1));

    assertThatThrownBy(listener::close)
        .isInstanceOf(UncheckedIOException.class)
        .hasMessageContaining("cannot use " + file);
  }

  @Test
  void rejectsOtherKindsOfPictures() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new CurvesListener(png, folder.resolve("loss.jpg")))
        .withMessage("a picture must end in .png or .svg but was loss.jpg");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new CurvesListener())
        .withMessage("there is no file to draw the curves into");
  }

  private static Document parsed(Path file) throws Exception {
    DocumentBuilderFactory factory = DocumentBuilderFactory.newInstance();
    factory.setFeature("http://apache.org/xml/features/nonvalidating/load-external-dtd", false);
    return factory.newDocumentBuilder().parse(file.toFile());
  }

  private static int count(BufferedImage picture, int color) {
    return (int)
        IntStream.range(0, picture.getWidth() * picture.getHeight())
            .filter(
                i ->
                    (picture.getRGB(i % picture.getWidth(), i / picture.getWidth()) & 0xffffff)
                        == color)
            .count();
  }
}
