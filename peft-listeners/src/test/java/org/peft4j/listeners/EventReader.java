package org.peft4j.listeners;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.DescriptorProtos.DescriptorProto;
import com.google.protobuf.DescriptorProtos.EnumDescriptorProto;
import com.google.protobuf.DescriptorProtos.EnumValueDescriptorProto;
import com.google.protobuf.DescriptorProtos.FieldDescriptorProto;
import com.google.protobuf.DescriptorProtos.FieldDescriptorProto.Label;
import com.google.protobuf.DescriptorProtos.FieldDescriptorProto.Type;
import com.google.protobuf.DescriptorProtos.FileDescriptorProto;
import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.DescriptorValidationException;
import com.google.protobuf.Descriptors.FileDescriptor;
import com.google.protobuf.DynamicMessage;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Reads event files with the parser of protobuf and with the part of {@code
 * tensorboard/compat/proto/event.proto} and {@code summary.proto} that matters here. The checksum
 * is computed bit by bit.
 */
final class EventReader {

  private static final Descriptor EVENT = event();

  private EventReader() {}

  static List<DynamicMessage> read(Path file) throws IOException {
    ByteBuffer bytes = ByteBuffer.wrap(Files.readAllBytes(file)).order(ByteOrder.LITTLE_ENDIAN);
    List<DynamicMessage> events = new ArrayList<>();
    while (bytes.hasRemaining()) {
      byte[] header = new byte[8];
      bytes.get(bytes.position(), header);
      byte[] data = new byte[Math.toIntExact(bytes.getLong())];
      assertThat(bytes.getInt()).isEqualTo(maskedCrc(header));
      bytes.get(data);
      assertThat(bytes.getInt()).isEqualTo(maskedCrc(data));
      DynamicMessage event = DynamicMessage.parseFrom(EVENT, data);
      assertThat(event.getUnknownFields().asMap()).isEmpty();
      events.add(event);
    }
    return events;
  }

  private static int maskedCrc(byte[] bytes) {
    int crc = -1;
    for (byte next : bytes) {
      crc ^= next & 0xff;
      for (int bit = 0; bit < 8; bit++) {
        crc = (crc >>> 1) ^ (0x82f63b78 & -(crc & 1));
      }
    }
    return ((~crc >>> 15) | (~crc << 17)) + 0xa282ead8;
  }

  private static Descriptor event() {
    DescriptorProto value =
        message("Value")
            .addField(field("tag", 1, Type.TYPE_STRING))
            .addField(field("simple_value", 2, Type.TYPE_FLOAT))
            .build();
    DescriptorProto summary =
        message("Summary")
            .addNestedType(value)
            .addField(
                field("value", 1, Type.TYPE_MESSAGE)
                    .setLabel(Label.LABEL_REPEATED)
                    .setTypeName("Summary.Value"))
            .build();
    DescriptorProto session =
        message("SessionLog")
            .addEnumType(
                EnumDescriptorProto.newBuilder()
                    .setName("SessionStatus")
                    .addValue(status("STATUS_UNSPECIFIED", 0))
                    .addValue(status("START", 1)))
            .addField(field("status", 1, Type.TYPE_ENUM).setTypeName("SessionLog.SessionStatus"))
            .build();
    DescriptorProto event =
        message("Event")
            .addField(field("wall_time", 1, Type.TYPE_DOUBLE))
            .addField(field("step", 2, Type.TYPE_INT64))
            .addField(field("file_version", 3, Type.TYPE_STRING))
            .addField(field("summary", 5, Type.TYPE_MESSAGE).setTypeName("Summary"))
            .addField(field("session_log", 7, Type.TYPE_MESSAGE).setTypeName("SessionLog"))
            .build();
    FileDescriptorProto file =
        FileDescriptorProto.newBuilder()
            .setName("event.proto")
            .setSyntax("proto3")
            .addAllMessageType(List.of(summary, session, event))
            .build();
    try {
      return FileDescriptor.buildFrom(file, new FileDescriptor[0]).findMessageTypeByName("Event");
    } catch (DescriptorValidationException e) {
      throw new AssertionError(e);
    }
  }

  private static DescriptorProto.Builder message(String name) {
    return DescriptorProto.newBuilder().setName(name);
  }

  private static FieldDescriptorProto.Builder field(String name, int number, Type type) {
    return FieldDescriptorProto.newBuilder().setName(name).setNumber(number).setType(type);
  }

  private static EnumValueDescriptorProto status(String name, int number) {
    return EnumValueDescriptorProto.newBuilder().setName(name).setNumber(number).build();
  }
}
