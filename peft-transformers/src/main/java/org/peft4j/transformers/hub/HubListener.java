package org.peft4j.transformers.hub;

/** Called with the progress of a download, on the thread that downloads. */
public interface HubListener {

  /** Does nothing. */
  HubListener NONE = new HubListener() {};

  /**
   * The download begins.
   *
   * @param files to have in the end
   * @param bytes of those that are not there yet
   */
  default void onStart(int files, long bytes) {}

  /**
   * More of a file has come.
   *
   * @param file that it belongs to
   * @param bytes of this download so far, as those of {@link #onStart}
   */
  default void onBytes(HubFile file, long bytes) {}

  /** A file is whole, has been checked and is in its place. */
  default void onFile(HubFile file) {}

  /** Something goes on after a while: the message says why. */
  default void onWait(String why) {}
}
