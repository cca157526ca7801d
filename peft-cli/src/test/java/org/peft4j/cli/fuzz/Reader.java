package org.peft4j.cli.fuzz;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/** What reads files that may come from anywhere. */
interface Reader {

  /** Writes files that are right into an empty folder, and opens what reading needs. */
  void prepare(Path folder) throws IOException;

  /** The files to damage, below the folder. */
  List<String> files();

  /** Reads the folder as a program would. */
  void read(Path folder) throws IOException;
}
