package org.peft4j.benchmarks;

import org.peft4j.benchmarks.leaderboard.LeaderboardCommand;
import picocli.CommandLine;

/** Every method on the same task at the same budget; {@code --help} tells the options. */
public final class Leaderboard {

  private Leaderboard() {}

  public static void main(String[] args) {
    System.exit(new CommandLine(new LeaderboardCommand()).execute(args));
  }
}
