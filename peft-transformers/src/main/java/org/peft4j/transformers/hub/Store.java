package org.peft4j.transformers.hub;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/** Where a download goes. Files are whole or not there. */
interface Store {

  /** Held by who downloads, so that two programs do not write the same file. */
  Path lock();

  /** Where files lie that are not whole; on the same disk as those that are. */
  Path unfinished();

  /** Where a file is kept that is not whole yet. */
  Path half(HubFile file);

  /**
   * Whether a file is there already.
   *
   * @throws HubException if another is there in its place
   */
  boolean has(HubFile file) throws IOException;

  /** Moves a whole file to its place. */
  void put(HubFile file) throws IOException;

  /**
   * Makes the files usable, all of which are there.
   *
   * @return the model's folder
   */
  Path finish(String commit, List<HubFile> files) throws IOException;
}
