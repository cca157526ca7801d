package org.peft4j.benchmarks.leaderboard;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Draws the pictures again from what was recorded. Arguments: a page with the table of learning
 * rates, the {@code leaderboard.json} of a run, and the folder for the pictures.
 */
public final class Redraw {

  private Redraw() {}

  public static void main(String[] arguments) throws IOException {
    Path folder = Path.of(arguments[2]);
    String page = Files.readString(Path.of(arguments[0]));
    Pictures.draw(Sweep.in(page), Results.standings(Path.of(arguments[1])), folder);
    Pictures.in(folder).forEach(picture -> System.out.println("picture: " + picture));
  }
}
