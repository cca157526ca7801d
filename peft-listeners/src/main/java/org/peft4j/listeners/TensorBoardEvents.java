package org.peft4j.listeners;

import com.google.protobuf.CodedOutputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Map;

/**
 * The few of TensorBoard's protocol buffers that scalars need, as {@code
 * tensorboard/compat/proto/event.proto} and {@code summary.proto} number their fields.
 */
final class TensorBoardEvents {

  private static final String VERSION = "brain.Event:2";

  // of Event
  private static final int WALL_TIME = 1;
  private static final int STEP = 2;
  private static final int FILE_VERSION = 3;
  private static final int SUMMARY = 5;
  private static final int SESSION_LOG = 7;
  // of Summary
  private static final int VALUE = 1;
  // of Summary.Value
  private static final int TAG = 1;
  private static final int SIMPLE_VALUE = 2;
  // of SessionLog
  private static final int STATUS = 1;
  private static final int START = 1;

  private TensorBoardEvents() {}

  private interface Fields {
    void writeTo(CodedOutputStream out) throws IOException;
  }

  /** What every file begins with. */
  static byte[] version(double wallTime) {
    return message(
        event -> {
          event.writeDouble(WALL_TIME, wallTime);
          event.writeString(FILE_VERSION, VERSION);
        });
  }

  /** From here on what other files hold of {@code step} and later steps no longer counts. */
  static byte[] startOf(int step, double wallTime) {
    byte[] log = message(session -> session.writeEnum(STATUS, START));
    return event(step, wallTime, event -> event.writeByteArray(SESSION_LOG, log));
  }

  static byte[] scalars(int step, double wallTime, Map<String, Double> scalars) {
    byte[] summary =
        message(
            all -> {
              for (Map.Entry<String, Double> scalar : scalars.entrySet()) {
                all.writeByteArray(VALUE, scalar(scalar.getKey(), scalar.getValue()));
              }
            });
    return event(step, wallTime, event -> event.writeByteArray(SUMMARY, summary));
  }

  private static byte[] scalar(String tag, double value) {
    return message(
        scalar -> {
          scalar.writeString(TAG, tag);
          scalar.writeFloat(SIMPLE_VALUE, (float) value);
        });
  }

  private static byte[] event(int step, double wallTime, Fields what) {
    return message(
        event -> {
          event.writeDouble(WALL_TIME, wallTime);
          event.writeInt64(STEP, step);
          what.writeTo(event);
        });
  }

  private static byte[] message(Fields fields) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    CodedOutputStream out = CodedOutputStream.newInstance(bytes);
    try {
      fields.writeTo(out);
      out.flush();
    } catch (IOException e) {
      throw new UncheckedIOException("memory can always be written", e);
    }
    return bytes.toByteArray();
  }
}
