package org.peft4j.io;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.peft4j.settings.FileKey;
import org.peft4j.settings.Inlined;

class RecordCodecTest {

  private static final Path FILE = Path.of("adapter_config.json");

  private enum Direction {
    @FileKey("ArB2r")
    A_FIRST,
    RANDOM_START
  }

  private enum Start {
    @FileKey("true")
    USUAL,
    @FileKey("mini")
    MINI
  }

  private record Started(Start start) {}

  private record Inner(double rho, boolean useMask) {
    Inner {
      if (rho < 1) {
        throw new IllegalArgumentException("rho must be at least 1 but was " + rho);
      }
    }

    Inner() {
      this(2, true);
    }
  }

  private record Bare(int x) {}

  private record Holder(int first, @Inlined Inner inner, @Inlined Started started) {}

  private record Settings(
      @FileKey("r") int rank,
      long seed,
      double loraDropout,
      boolean useRslora,
      String name,
      Direction direction,
      Inner inner,
      Optional<Inner> extra,
      Optional<Long> limit,
      Optional<Bare> bare,
      List<Integer> layers,
      Map<String, Double> alphaPattern,
      List<Map<String, Direction>> deep) {

    Settings {
      if (rank < 1) {
        throw new IllegalArgumentException("rank must be at least 1 but was " + rank);
      }
    }

    Settings() {
      this(
          8,
          7L,
          0.5,
          true,
          "default",
          Direction.A_FIRST,
          new Inner(),
          Optional.empty(),
          Optional.of(3L),
          Optional.empty(),
          List.of(1),
          Map.of(),
          List.of());
    }
  }

  @Test
  void everyKindOfComponentComesBackAsItWas() throws Exception {
    Settings settings =
        new Settings(
            4,
            Long.MAX_VALUE,
            0.1,
            false,
            "na\u00efve \"x\"",
            Direction.RANDOM_START,
            new Inner(3.5, false),
            Optional.of(new Inner(1e-300 + 1, true)),
            Optional.empty(),
            Optional.of(new Bare(-1)),
            List.of(3, 1, 2),
            new LinkedHashMap<>(Map.of("q_proj", 1e-5)),
            List.of(Map.of("a", Direction.A_FIRST)));
    ObjectNode json = object(RecordCodec.write(settings).toString());
    assertEquals(settings, RecordCodec.read(FILE, json, new Settings()));
  }

  @Test
  void writesTheNamesOfFiles() {
    assertEquals(
        "{\"r\":8,\"seed\":7,\"lora_dropout\":0.5,\"use_rslora\":true,\"name\":\"default\","
            + "\"direction\":\"ArB2r\",\"inner\":{\"rho\":2.0,\"use_mask\":true},\"extra\":null,"
            + "\"limit\":3,\"bare\":null,\"layers\":[1],\"alpha_pattern\":{},\"deep\":[]}",
        RecordCodec.write(new Settings()).toString());
  }

  @Test
  void keysAreThoseOfFilesInOrder() {
    assertEquals(
        List.of(
            "r",
            "seed",
            "lora_dropout",
            "use_rslora",
            "name",
            "direction",
            "inner",
            "extra",
            "limit",
            "bare",
            "layers",
            "alpha_pattern",
            "deep"),
        List.copyOf(RecordCodec.keys(Settings.class)));
    assertEquals(Set.of("rho", "use_mask"), RecordCodec.keys(Inner.class));
  }

  @Test
  void whatIsMissingStaysAndWhatIsUnknownIsLeftAlone() throws Exception {
    Settings defaults = new Settings();
    assertEquals(defaults, RecordCodec.read(FILE, object("{\"peft_type\":\"LORA\"}"), defaults));
    assertEquals(
        new Inner(5, false), RecordCodec.read(FILE, object("{\"rho\":5}"), new Inner(9, false)));
  }

  @Test
  void aNestedRecordKeepsTheDefaultsOfItsPlace() throws Exception {
    Settings read =
        RecordCodec.read(
            FILE, object("{\"inner\":{\"use_mask\":false},\"extra\":{\"rho\":4}}"), new Settings());
    assertEquals(new Inner(2, false), read.inner());
    assertEquals(Optional.of(new Inner(4, true)), read.extra());
  }

  @Test
  void nullIsTheEmptyOptionalOrTheDefault() throws Exception {
    assertEquals(
        Optional.empty(),
        RecordCodec.read(FILE, object("{\"limit\":null}"), new Settings()).limit());
    Settings usual = new Settings();
    assertEquals(
        usual,
        RecordCodec.read(
            FILE,
            object(
                "{\"r\":null,\"use_rslora\":null,\"direction\":null,\"inner\":null,"
                    + "\"alpha_pattern\":null,\"layers\":null}"),
            usual));
  }

  @Test
  void aConstantCalledTrueIsAFlag() throws Exception {
    Started mini = RecordCodec.read(FILE, object("{\"start\":\"mini\"}"), new Started(Start.USUAL));
    assertEquals(Start.MINI, mini.start());
    assertEquals(Start.USUAL, RecordCodec.read(FILE, object("{\"start\":true}"), mini).start());
    assertEquals(object("{\"start\":true}"), RecordCodec.write(new Started(Start.USUAL)));
    AdapterFormatException e =
        assertThrows(
            AdapterFormatException.class,
            () -> RecordCodec.read(FILE, object("{\"start\":\"true\"}"), mini));
    assertEquals(FILE + ": start must be one of [true, mini] but was \"true\"", e.getMessage());
  }

  @Test
  void wholeNumbersMayBeWrittenAsPythonFloats() throws Exception {
    Settings read =
        RecordCodec.read(
            FILE, object("{\"r\":16.0,\"seed\":1e3,\"lora_dropout\":0}"), new Settings());
    assertEquals(16, read.rank());
    assertEquals(1000L, read.seed());
    assertEquals(0.0, read.loraDropout());
  }

  @Test
  void valuesOfTheWrongTypeAreAllReportedAtOnce() {
    assertProblems(
        """
         has 13 problems:
        - r must be a whole number of 32 bits but was 2147483648
        - seed must be a whole number of 64 bits but was 1.5
        - lora_dropout must be a finite number but was "0.1"
        - use_rslora must be true or false but was 1
        - name must be a string but was ["x"]
        - direction must be one of [ArB2r, random_start] but was "RANDOM_START"
        - inner.rho must be a finite number but was {}
        - extra must be an object but was 7
        - limit must be a whole number of 64 bits but was true
        - bare.x is missing
        - layers[1] must be a whole number of 32 bits but was "b"
        - alpha_pattern.k must be a finite number but was null
        - deep must be a list but was {}""",
        """
        {"r":2147483648,"seed":1.5,"lora_dropout":"0.1","use_rslora":1,"name":["x"],
         "direction":"RANDOM_START","inner":{"rho":{}},"extra":7,"limit":true,"bare":{},
         "layers":[0,"b"],"alpha_pattern":{"k":null},"deep":{}}
        """);
  }

  @Test
  void numbersThatNoDoubleHoldsAreRejected() {
    assertProblems(
        "lora_dropout must be a finite number but was \"Infinity\"", "{\"lora_dropout\":1e999}");
    assertProblems(
        "seed must be a whole number of 64 bits but was 9223372036854775808",
        "{\"seed\":9223372036854775808}");
  }

  @Test
  void whatTheConstructorSaysIsSaidWithTheFile() {
    assertProblems("rank must be at least 1 but was 0", "{\"r\":0}");
    assertProblems("inner.rho must be at least 1 but was 0.0", "{\"inner\":{\"rho\":0},\"r\":0}");
  }

  @Test
  void longValuesAreShortened() {
    Exception e =
        assertThrows(
            AdapterFormatException.class,
            () ->
                RecordCodec.read(
                    FILE, object("{\"r\":\"" + "x".repeat(9999) + "\"}"), new Settings()));
    assertTrue(e.getMessage().length() < 400, e.getMessage());
  }

  @Test
  void listsAndMapsThatWereReadCannotBeChanged() throws Exception {
    Settings read =
        RecordCodec.read(
            FILE, object("{\"layers\":[1,2],\"alpha_pattern\":{\"a\":1}}"), new Settings());
    assertThrows(UnsupportedOperationException.class, () -> read.layers().add(3));
    assertThrows(UnsupportedOperationException.class, () -> read.alphaPattern().put("b", 1.0));
  }

  @Test
  void numbersThatJsonCannotExpressAreNotWritten() {
    Exception e =
        assertThrows(
            IllegalArgumentException.class, () -> RecordCodec.write(new Inner(Double.NaN, true)));
    assertEquals("rho is NaN, which JSON cannot express", e.getMessage());
  }

  @Test
  void componentsOfOtherTypesAreRejected() {
    record Odd(float[] values) {}
    Odd odd = new Odd(new float[0]);
    Exception write = assertThrows(IllegalArgumentException.class, () -> RecordCodec.write(odd));
    assertEquals("values is a [F, which the codec cannot write", write.getMessage());
    Exception read =
        assertThrows(
            IllegalArgumentException.class,
            () -> RecordCodec.read(FILE, object("{\"values\":[]}"), odd));
    assertEquals("values is a float[], which the codec cannot read", read.getMessage());
  }

  @Test
  void onlyRecordsHaveKeys() {
    Exception e =
        assertThrows(IllegalArgumentException.class, () -> RecordCodec.keys(String.class));
    assertEquals(
        "java.lang.String is not a record; settings must be one to be kept in files",
        e.getMessage());
  }

  private static void assertProblems(String message, String json) {
    Exception e =
        assertThrows(
            AdapterFormatException.class,
            () -> RecordCodec.read(FILE, object(json), new Settings()));
    String separator = message.startsWith(" has ") ? "" : ": ";
    assertEquals(FILE + separator + message, e.getMessage());
  }

  private static ObjectNode object(String json) throws JsonProcessingException {
    return (ObjectNode) Json.MAPPER.readTree(json);
  }

  @Test
  void keysOfAnInlinedRecordLieAmongThoseOfItsHolder() throws Exception {
    Holder holder = new Holder(1, new Inner(3, false), new Started(Start.MINI));
    ObjectNode json = RecordCodec.write(holder);

    assertEquals(
        "{\"first\":1,\"rho\":3.0,\"use_mask\":false,\"start\":\"mini\"}", json.toString());
    assertEquals(Set.of("first", "rho", "use_mask", "start"), RecordCodec.keys(Holder.class));
    Holder usual = new Holder(2, new Inner(), new Started(Start.USUAL));
    assertEquals(holder, RecordCodec.read(FILE, json, usual));
    assertEquals(
        new Holder(2, new Inner(4, true), new Started(Start.USUAL)),
        RecordCodec.read(FILE, object("{\"rho\": 4}"), usual));
    assertTrue(RecordCodec.hasConstants(Holder.class, json));
    assertTrue(!RecordCodec.hasConstants(Holder.class, object("{\"start\": \"maxi\"}")));
  }

  @Test
  void allThatIsWrongWithAnInlinedRecordIsSaid() throws Exception {
    Holder usual = new Holder(2, new Inner(), new Started(Start.USUAL));
    AdapterFormatException e =
        assertThrows(
            AdapterFormatException.class,
            () ->
                RecordCodec.read(
                    FILE, object("{\"first\": \"x\", \"rho\": 0, \"start\": 3}"), usual));

    assertEquals(
        FILE
            + " has 3 problems:\n- first must be a whole number of 32 bits but was \"x\"\n- rho must be"
            + " at least 1 but was 0.0\n- start must be one of [true, mini] but was 3",
        e.getMessage());
  }
}
