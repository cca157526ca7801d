package org.peft4j.init.linalg;

import org.bytedeco.javacpp.DoublePointer;
import org.bytedeco.javacpp.FloatPointer;
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

  /** Of the matrix LAPACK sees column by column: {@code m = V·diag(s)·Uᵀ}. */
  int gesdd(NativeMatrix m, NativeMatrix s, NativeMatrix v, NativeMatrix ut);

  /** Like {@link #gesdd}, by QR iteration. */
  int gesvd(NativeMatrix m, NativeMatrix s, NativeMatrix v, NativeMatrix ut);

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

    @Override
    public int gesdd(NativeMatrix m, NativeMatrix s, NativeMatrix v, NativeMatrix ut) {
      return openblas.LAPACKE_dgesdd(
          openblas.LAPACK_COL_MAJOR,
          (byte) 'S',
          m.columns(),
          m.rows(),
          m.doubles(),
          m.columns(),
          s.doubles(),
          v.doubles(),
          v.columns(),
          ut.doubles(),
          ut.columns());
    }

    @Override
    public int gesvd(NativeMatrix m, NativeMatrix s, NativeMatrix v, NativeMatrix ut) {
      try (DoublePointer unconverged = new DoublePointer(s.columns())) {
        return openblas.LAPACKE_dgesvd(
            openblas.LAPACK_COL_MAJOR,
            (byte) 'S',
            (byte) 'S',
            m.columns(),
            m.rows(),
            m.doubles(),
            m.columns(),
            s.doubles(),
            v.doubles(),
            v.columns(),
            ut.doubles(),
            ut.columns(),
            unconverged);
      }
    }
  }

  /** The routines whose names start with s. */
  record Float32() implements Precision {

    @Override
    public void gemm(NativeMatrix a, boolean ta, NativeMatrix b, boolean tb, NativeMatrix result) {
      if (KernelProduct.takes(a, ta, b, tb, result)) {
        KernelProduct.run(a, ta, b, tb, result);
        return;
      }
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

    @Override
    public int gesdd(NativeMatrix m, NativeMatrix s, NativeMatrix v, NativeMatrix ut) {
      return openblas.LAPACKE_sgesdd(
          openblas.LAPACK_COL_MAJOR,
          (byte) 'S',
          m.columns(),
          m.rows(),
          m.floats(),
          m.columns(),
          s.floats(),
          v.floats(),
          v.columns(),
          ut.floats(),
          ut.columns());
    }

    @Override
    public int gesvd(NativeMatrix m, NativeMatrix s, NativeMatrix v, NativeMatrix ut) {
      try (FloatPointer unconverged = new FloatPointer(s.columns())) {
        return openblas.LAPACKE_sgesvd(
            openblas.LAPACK_COL_MAJOR,
            (byte) 'S',
            (byte) 'S',
            m.columns(),
            m.rows(),
            m.floats(),
            m.columns(),
            s.floats(),
            v.floats(),
            v.columns(),
            ut.floats(),
            ut.columns(),
            unconverged);
      }
    }
  }
}
