package org.peft4j.benchmarks.bench;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.peft4j.benchmarks.peer.PeerAttention;
import org.peft4j.kernel.DataType;

/**
 * How PyTorch is run. None is always best: its fused attention in bfloat16 wants Intel's MKL built
 * in, which the Java bindings have not; the threads of OpenBLAS and of OpenMP spin against each
 * other; and Python's PyTorch comes with MKL, so that belongs to a fair comparison.
 *
 * @param attention which kernels
 * @param mkl whether MKL stands in for OpenBLAS
 * @param sleeping whether OpenMP threads without work sleep at once
 */
record PeerSetting(PeerAttention attention, boolean mkl, boolean sleeping) {

  private static final String MKL = "/org/bytedeco/mkl/linux-x86_64/libmkl_rt.so.2";

  /** All there are on this class path. */
  static List<PeerSetting> all() {
    List<PeerSetting> all = new ArrayList<>();
    for (PeerAttention attention : PeerAttention.values()) {
      for (boolean sleeping : new boolean[] {true, false}) {
        all.add(new PeerSetting(attention, false, sleeping));
        if (hasMkl()) {
          all.add(new PeerSetting(attention, true, sleeping));
        }
      }
    }
    return all;
  }

  /** The one that was fastest where this was written. */
  static PeerSetting usual(DataType type) {
    return type == DataType.BFLOAT16
        ? new PeerSetting(PeerAttention.EAGER, false, false)
        : new PeerSetting(PeerAttention.SDPA, hasMkl(), !hasMkl());
  }

  private static boolean hasMkl() {
    return PeerSetting.class.getResource(MKL) != null;
  }

  /** For Java. */
  List<String> options() {
    List<String> options = new ArrayList<>(List.of(attention.option()));
    if (mkl) {
      options.add("-Dorg.bytedeco.openblas.load=mkl");
    }
    return options;
  }

  /** For the environment. */
  Map<String, String> environment() {
    Map<String, String> environment = new LinkedHashMap<>();
    if (sleeping) {
      environment.put("OMP_WAIT_POLICY", "PASSIVE");
    }
    if (mkl) {
      environment.put("MKL_THREADING_LAYER", "GNU");
    }
    return environment;
  }

  @Override
  public String toString() {
    return "%s attention, %s, waiting threads %s"
        .formatted(
            attention == PeerAttention.SDPA ? "fused" : "eager",
            mkl ? "MKL" : "OpenBLAS",
            sleeping ? "sleep" : "spin");
  }
}
