package org.peft4j.transformers.hub;

import java.nio.file.Path;

/**
 * A model that has been downloaded.
 *
 * @param model as it was asked for
 * @param commit that its revision was
 * @param folder to load it from
 * @param files in it that were asked for
 * @param bytes of those files
 * @param fetched bytes that had to come over the network now
 */
public record HubDownload(
    HubModel model, String commit, Path folder, int files, long bytes, long fetched) {}
