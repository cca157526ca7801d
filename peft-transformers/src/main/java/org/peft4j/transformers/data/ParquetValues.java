package org.peft4j.transformers.data;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import org.apache.parquet.example.data.Group;
import org.apache.parquet.schema.GroupType;
import org.apache.parquet.schema.LogicalTypeAnnotation;
import org.apache.parquet.schema.LogicalTypeAnnotation.ListLogicalTypeAnnotation;
import org.apache.parquet.schema.LogicalTypeAnnotation.MapLogicalTypeAnnotation;
import org.apache.parquet.schema.Type;

/** What Parquet holds as the JSON that says the same; what is not there is left out. */
final class ParquetValues {

  private static final JsonNodeFactory JSON = JsonNodeFactory.instance;

  private ParquetValues() {}

  static ObjectNode object(Group group) {
    ObjectNode object = JSON.objectNode();
    GroupType type = group.getType();
    for (int field = 0; field < type.getFieldCount(); field++) {
      int count = group.getFieldRepetitionCount(field);
      if (type.getType(field).isRepetition(Type.Repetition.REPEATED)) {
        object.set(type.getFieldName(field), all(group, field));
      } else if (count > 0) {
        object.set(type.getFieldName(field), value(group, field, 0));
      }
    }
    return object;
  }

  private static ArrayNode all(Group group, int field) {
    ArrayNode values = JSON.arrayNode();
    for (int i = 0; i < group.getFieldRepetitionCount(field); i++) {
      values.add(value(group, field, i));
    }
    return values;
  }

  private static JsonNode value(Group group, int field, int index) {
    Type type = group.getType().getType(field);
    if (type.isPrimitive()) {
      return primitive(group, field, index);
    }
    Group inner = group.getGroup(field, index);
    LogicalTypeAnnotation says = type.getLogicalTypeAnnotation();
    if (says instanceof ListLogicalTypeAnnotation) {
      return list(inner);
    }
    return says instanceof MapLogicalTypeAnnotation ? map(inner) : object(inner);
  }

  /** An element stands in a group of its own, so that it may be missing; old files do without. */
  private static ArrayNode list(Group list) {
    Type repeated = list.getType().getType(0);
    boolean wrapped =
        !repeated.isPrimitive()
            && repeated.asGroupType().getFieldCount() == 1
            && !repeated.getName().equals("array")
            && !repeated.getName().endsWith("_tuple");
    if (!wrapped) {
      return all(list, 0);
    }
    ArrayNode values = JSON.arrayNode();
    for (int i = 0; i < list.getFieldRepetitionCount(0); i++) {
      Group element = list.getGroup(0, i);
      values.add(element.getFieldRepetitionCount(0) > 0 ? value(element, 0, 0) : JSON.nullNode());
    }
    return values;
  }

  private static ObjectNode map(Group map) {
    ObjectNode object = JSON.objectNode();
    for (int i = 0; i < map.getFieldRepetitionCount(0); i++) {
      Group entry = map.getGroup(0, i);
      boolean there = entry.getFieldRepetitionCount(1) > 0;
      object.set(entry.getValueToString(0, 0), there ? value(entry, 1, 0) : JSON.nullNode());
    }
    return object;
  }

  private static JsonNode primitive(Group group, int field, int index) {
    return switch (group.getType().getType(field).asPrimitiveType().getPrimitiveTypeName()) {
      case BOOLEAN -> JSON.booleanNode(group.getBoolean(field, index));
      case INT32 -> JSON.numberNode(group.getInteger(field, index));
      case INT64 -> JSON.numberNode(group.getLong(field, index));
      case FLOAT -> JSON.numberNode(group.getFloat(field, index));
      case DOUBLE -> JSON.numberNode(group.getDouble(field, index));
      case BINARY -> binary(group, field, index);
      case FIXED_LEN_BYTE_ARRAY, INT96 -> JSON.textNode(group.getValueToString(field, index));
    };
  }

  /** Bytes that are not said to be text are none. */
  private static JsonNode binary(Group group, int field, int index) {
    boolean isText = group.getType().getType(field).getLogicalTypeAnnotation() != null;
    return isText
        ? JSON.textNode(group.getBinary(field, index).toStringUsingUTF8())
        : JSON.binaryNode(group.getBinary(field, index).getBytes());
  }
}
