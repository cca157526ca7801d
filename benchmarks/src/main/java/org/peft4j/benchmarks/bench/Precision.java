package org.peft4j.benchmarks.bench;

import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.peft4j.benchmarks.steps.ProductStep;
import org.peft4j.benchmarks.steps.Sizes;

/**
 * Who is compared in one precision.
 *
 * @param suffix of the names of results
 * @param setting of the peer
 */
record Precision(
    String suffix, PeerSetting setting, Contestant ours, Contestant peer, Contestant product)
    implements AutoCloseable {

  List<Contestant> contestants() {
    return List.of(ours, peer, product);
  }

  /** What came out, by name. */
  Map<String, Object> results(Sizes sizes) throws IOException {
    double gflops = ProductStep.gflop() / product.median() * 1e3;
    Map<String, Object> results = new LinkedHashMap<>();
    results.put(suffix + "_ms", tenths(ours.median()));
    results.put("peer_" + suffix + "_ms", tenths(peer.median()));
    results.put("ratio_" + suffix, thousandths(peer.median() / ours.median()));
    results.put("gemm_" + suffix + "_gflops", tenths(gflops));
    double products = 1e3 * sizes.productGflop() / gflops;
    results.put("product_share_" + suffix, thousandths(products / ours.median()));
    results.put("rss_" + suffix + "_mib", ours.peakMebibytes());
    results.put("peer_rss_" + suffix + "_mib", peer.peakMebibytes());
    results.put("peer_" + suffix + "_setting", setting.toString());
    return results;
  }

  private static double tenths(double number) {
    return Math.rint(10 * number) / 10;
  }

  private static double thousandths(double number) {
    return Math.rint(1000 * number) / 1000;
  }

  @Override
  public void close() {
    contestants().forEach(Contestant::close);
  }
}
