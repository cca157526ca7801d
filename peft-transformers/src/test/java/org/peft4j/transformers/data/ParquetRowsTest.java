package org.peft4j.transformers.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.peft4j.transformers.data.ExampleFiles.ASCII;
import static org.peft4j.transformers.data.ExampleFiles.settings;
import static org.peft4j.transformers.data.ExampleFiles.write;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.function.Consumer;
import java.util.zip.GZIPOutputStream;
import org.apache.parquet.bytes.BytesInput;
import org.apache.parquet.compression.CompressionCodecFactory;
import org.apache.parquet.conf.PlainParquetConfiguration;
import org.apache.parquet.example.data.Group;
import org.apache.parquet.example.data.simple.SimpleGroupFactory;
import org.apache.parquet.hadoop.ParquetWriter;
import org.apache.parquet.hadoop.example.ExampleParquetWriter;
import org.apache.parquet.hadoop.metadata.CompressionCodecName;
import org.apache.parquet.io.LocalOutputFile;
import org.apache.parquet.schema.MessageType;
import org.apache.parquet.schema.MessageTypeParser;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.peft4j.transformers.chat.ChatTemplate;

/** Rows by columns say what the same rows say as JSON. */
class ParquetRowsTest {

  private static final MessageType TEXTS =
      MessageTypeParser.parseMessageType(
          "message rows { optional binary text (STRING); optional int64 id; }");

  private static final MessageType CHATS =
      MessageTypeParser.parseMessageType(
          """
          message rows {
            optional group messages (LIST) { repeated group list { optional group element {
              optional binary role (STRING); optional binary content (STRING);
              optional double weight; } } }
            optional binary system (STRING);
          }
          """);

  private static final MessageType TOKENS =
      MessageTypeParser.parseMessageType(
          "message rows { optional group input_ids (LIST) { repeated group list {"
              + " optional int32 element; } } }");

  private static final MessageType BYTES =
      MessageTypeParser.parseMessageType("message rows { optional binary text; }");

  @TempDir Path folder;

  @ParameterizedTest
  @EnumSource(names = {"UNCOMPRESSED", "SNAPPY", "GZIP", "ZSTD"})
  void textsAreRows(CompressionCodecName codec) throws IOException {
    Path file = folder.resolve("rows.bin");
    try (ParquetWriter<Group> writer = writer(file, TEXTS, codec)) {
      for (int i = 0; i < 300; i++) {
        writer.write(new SimpleGroupFactory(TEXTS).newGroup().append("text", "ab" + i % 10));
      }
    }
    Rows<Example> rows = new ExampleReader(ASCII, settings(16)).read(file);
    assertThat(rows.list()).hasSize(300);
    assertThat(rows.list().get(299).ids()).containsExactly(1, 'a', 'b', '9', 2);
  }

  @Test
  void conversationsAndTokensAreRows() throws IOException {
    ChatTemplate plain =
        ChatTemplate.of("{% for m in messages %}{{ m.role + m.content }}{% endfor %}", Map.of());
    Path chats =
        file(
            CHATS,
            row -> {
              Group messages = row.addGroup("messages");
              Group user = messages.addGroup("list").addGroup("element");
              user.append("role", "user").append("content", "a");
              Group other = messages.addGroup("list").addGroup("element");
              other.append("role", "assistant").append("content", "n").append("weight", 0.0);
              Group answer = messages.addGroup("list").addGroup("element");
              answer.append("role", "assistant").append("content", "b");
              row.append("system", "s");
            });
    Example chat = new ExampleReader(ASCII, settings(99).with(plain)).read(chats).list().get(0);
    assertThat(letters(chat.ids())).isEqualTo("systemsuseraassistantnassistantb");
    assertThat(letters(chat.labels())).isEqualTo("b");
    Path tokens =
        file(
            TOKENS,
            row -> {
              Group ids = row.addGroup("input_ids");
              ids.addGroup("list").append("element", 5);
              ids.addGroup("list").append("element", 6);
            });
    assertThat(new ExampleReader(ASCII, settings(9)).read(tokens).list().get(0).ids())
        .containsExactly(5, 6);
  }

  @Test
  void whatIsWrongIsNamedByItsRow() throws IOException {
    Path nothing = file(TEXTS, row -> row.append("id", 7L));
    assertThatThrownBy(() -> new ExampleReader(ASCII, settings(9)).read(nothing))
        .isInstanceOf(ExampleFormatException.class)
        .hasMessageStartingWith(nothing + ": 1 of 1 rows cannot be used:\n  row 1: needs ")
        .hasMessageContaining("but has the keys [id]");
    Path bytes = file(BYTES, row -> row.append("text", "ab"));
    assertThatThrownBy(() -> new ExampleReader(ASCII, settings(9)).read(bytes))
        .hasMessageEndingWith("row 1: \"text\" must be a string but is a binary");
  }

  @Test
  void aDamagedFileIsRefused() throws IOException {
    String refusal = " begins as a Parquet file but is damaged, or of a kind that is not read";
    Path false1 =
        write(folder, "false.parquet", "PAR1\u0000\u0001PAR1".getBytes(StandardCharsets.UTF_8));
    assertThatThrownBy(() -> new ExampleReader(ASCII, settings(9)).read(false1))
        .isInstanceOf(ExampleFormatException.class)
        .hasMessage(false1 + refusal);
    byte[] whole = Files.readAllBytes(file(TEXTS, row -> row.append("text", "ab")));
    for (int i = 4; i < whole.length; i += 3) {
      byte[] broken = whole.clone();
      broken[i] ^= 0x55;
      Path file = write(folder, "broken.parquet", broken);
      try {
        new ExampleReader(ASCII, settings(9)).read(file);
      } catch (ExampleFormatException e) {
        assertThat(e).hasMessageStartingWith(file.toString());
      }
    }
  }

  private Path file(MessageType type, Consumer<Group> row) throws IOException {
    Path file = Files.createTempFile(folder, "rows", ".parquet");
    Files.delete(file);
    try (ParquetWriter<Group> writer = writer(file, type, CompressionCodecName.UNCOMPRESSED)) {
      Group group = new SimpleGroupFactory(type).newGroup();
      row.accept(group);
      writer.write(group);
    }
    return file;
  }

  private static ParquetWriter<Group> writer(
      Path file, MessageType type, CompressionCodecName codec) throws IOException {
    ExampleParquetWriter.Builder builder =
        ExampleParquetWriter.builder(new LocalOutputFile(file))
            .withConf(new PlainParquetConfiguration())
            .withType(type)
            .withCompressionCodec(codec);
    return codec == CompressionCodecName.GZIP
        ? builder.withCodecFactory(new Packing()).build()
        : builder.build();
  }

  private static String letters(int[] ids) {
    StringBuilder text = new StringBuilder();
    Arrays.stream(ids).filter(id -> id > 2).forEach(text::appendCodePoint);
    return text.toString();
  }

  /** The library's own gzip wants all of Hadoop. */
  private static final class Packing
      implements CompressionCodecFactory, CompressionCodecFactory.BytesInputCompressor {

    @Override
    public BytesInput compress(BytesInput bytes) throws IOException {
      ByteArrayOutputStream packed = new ByteArrayOutputStream();
      try (GZIPOutputStream packing = new GZIPOutputStream(packed)) {
        bytes.writeAllTo(packing);
      }
      return BytesInput.from(packed.toByteArray());
    }

    @Override
    public CompressionCodecName getCodecName() {
      return CompressionCodecName.GZIP;
    }

    @Override
    public BytesInputCompressor getCompressor(CompressionCodecName name) {
      return this;
    }

    @Override
    public BytesInputDecompressor getDecompressor(CompressionCodecName name) {
      throw new UnsupportedOperationException();
    }

    @Override
    public void release() {}
  }
}
