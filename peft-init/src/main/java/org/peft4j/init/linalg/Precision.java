package org.peft4j.init.linalg;

import org.bytedeco.openblas.global.openblas;
import org.peft4j.kernel.DataType;

/** The routines that exist in float64 and in float32; all matrices of a call have that type. */
interface Precision {

  static Precision of(DataType type) {
    return type == DataType.FLOAT64 ? new Float64() : new Float32();
  }

  void gemm(NativeMatrix a, boolean ta, NativeMatrix b, boolean tb, NativeMatrix result);

  int gelqf(NativeMatrix a, NativeMatrix tau);

  int orglq(NativeMatrix a, NativeMatrix tau);

  private static int flag(boolean transposed) {
    return transposed ? openblas.CblasTrans : openblas.CblasNoTrans;
  }

  /** The routines whose names start with d. */
  record Float64() implements Precision {

    @Override
    public void gemm(NativeMatrix a, boolean ta, NativeMatrix b, boolean tb, NativeMatrix result) {
      openblas.cblas_dgemm(
          openblas.CblasRowMajor,
          flag(ta),
          flag(tb),
          result.rows(),
          result.columns(),
          ta ? a.rows() : a.columns(),
          1,
          a.doubles(),
          a.columns(),
          b.doubles(),
          b.columns(),
          0,
          result.doubles(),
          result.columns());
    }

    @Override
    public int gelqf(NativeMatrix a, NativeMatrix tau) {
      return openblas.LAPACKE_dgelqf(
          openblas.LAPACK_COL_MAJOR,
          a.columns(),
          a.rows(),
          a.doubles(),
          a.columns(),
          tau.doubles());
    }

    @Override
    public int orglq(NativeMatrix a, NativeMatrix tau) {
      return openblas.LAPACKE_dorglq(
          openblas.LAPACK_COL_MAJOR,
          tau.columns(),
          a.rows(),
          tau.columns(),
          a.doubles(),
          a.columns(),
          tau.doubles());
    }
  }

  /** The routines whose names start with s. */
  record Float32() implements Precision {

    @Override
    public void gemm(NativeMatrix a, boolean ta, NativeMatrix b, boolean tb, NativeMatrix result) {
      openblas.cblas_sgemm(
          openblas.CblasRowMajor,
          flag(ta),
          flag(tb),
          result.rows(),
          result.columns(),
          ta ? a.rows() : a.columns(),
          1,
          a.floats(),
          a.columns(),
          b.floats(),
          b.columns(),
          0,
          result.floats(),
          result.columns());
    }

    @Override
    public int gelqf(NativeMatrix a, NativeMatrix tau) {
      return openblas.LAPACKE_sgelqf(
          openblas.LAPACK_COL_MAJOR, a.columns(), a.rows(), a.floats(), a.columns(), tau.floats());
    }

    @Override
    public int orglq(NativeMatrix a, NativeMatrix tau) {
      return openblas.LAPACKE_sorglq(
          openblas.LAPACK_COL_MAJOR,
          tau.columns(),
          a.rows(),
          tau.columns(),
          a.floats(),
          a.columns(),
          tau.floats());
    }
  }
}
