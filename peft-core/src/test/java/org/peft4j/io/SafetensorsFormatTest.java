package org.peft4j.io;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.peft4j.kernel.DataType;

class SafetensorsFormatTest {

  @TempDir Path folder;

  @Test
  void aMissingFileIsNamed() {
    Path file = folder.resolve("none");
    Exception e = assertThrows(NoSuchFileException.class, () -> Safetensors.open(file));
    assertEquals(file + ": there is no such file", e.getMessage());
  }

  @Test
  void aFolderIsNoFile() {
    Exception e = assertThrows(AdapterFormatException.class, () -> Safetensors.open(folder));
    assertEquals(folder + ": is a folder but must be a file", e.getMessage());
  }

  @Test
  void aFileShorterThanItsLengthFieldIsRejected() throws IOException {
    assertProblem(
        "a safetensors file starts with 8 bytes that hold the header's length but this one has 3"
            + " bytes",
        Files.write(path(), new byte[3]));
  }

  @Test
  void aHeaderCutOffIsRejected() throws IOException {
    assertProblem(
        "the header claims 50 bytes but may have at most 2 (the rest of the file; it is cut off or"
            + " no safetensors file)",
        TestFiles.raw(path(), 50, "{}".getBytes(), new byte[0]));
  }

  @Test
  void aHeaderThatClaimsMoreThanAnyoneHasIsRejected() throws IOException {
    assertProblem(
        "the header claims 18446744073709551615 bytes but may have at most 2 (the rest of the file;"
            + " it is cut off or no safetensors file)",
        TestFiles.raw(path(), -1, "{}".getBytes(), new byte[0]));
  }

  @Test
  void aHeaderAboveTheLimitIsRejectedThoughTheFileIsLarger() throws IOException {
    Path file = TestFiles.raw(path(), 100_000_001, "{}".getBytes(), new byte[0]);
    try (var large = new RandomAccessFile(file.toFile(), "rw")) {
      large.setLength(200_000_000);
    }
    assertProblem(
        "the header claims 100000001 bytes but may have at most 100000000 (the limit of the"
            + " format)",
        file);
  }

  @Test
  void aPointerOfGitLfsIsNamed() throws IOException {
    Path file =
        Files.writeString(
            path(), "version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 123456\n");
    assertProblem(
        "is a Git LFS pointer and not the file itself; run 'git lfs pull' in its folder, or"
            + " download the file",
        file);
  }

  @Test
  void aHeaderThatIsNoJsonIsRejected() throws IOException {
    assertHeaderProblem(
        "the header is not valid JSON: there is a 'x' where none belongs (line 1, column 2)",
        "{x}");
    assertHeaderProblem("the header is not valid JSON: it ends too early (line 1, column 9)", "{");
  }

  @Test
  void aHeaderThatIsNoTextIsRejected() throws IOException {
    Path file = TestFiles.raw(path(), 8, new byte[] {0, 0, 0, 1, -1, -1, -1, -1}, new byte[0]);
    String message =
        assertThrows(AdapterFormatException.class, () -> Safetensors.open(file)).getMessage();
    assertTrue(message.startsWith(file + ": the header is not valid JSON: "), message);
  }

  @Test
  void aHeaderThatIsNoObjectIsRejected() throws IOException {
    assertHeaderProblem("the header must be a JSON object but starts with [", "[1]");
    assertHeaderProblem("the header must be a JSON object but is empty", "");
  }

  @Test
  void nothingMayFollowTheHeadersObject() throws IOException {
    assertHeaderProblem("the header goes on after its JSON object with {", "{} {}");
  }

  @Test
  void aNameMayNotOccurTwice() throws IOException {
    String entry = "\"a\":{\"dtype\":\"F32\",\"shape\":[],\"data_offsets\":[0,4]}";
    assertHeaderProblem(
        "the header is not valid JSON: the key 'a' is there twice (line 1, column 57)",
        "{" + entry + "," + entry + "}",
        4);
  }

  @Test
  void deeplyNestedHeadersAreRejected() throws IOException {
    assertHeaderProblem(
        "the header is not valid JSON: it nests deeper than 1000 levels",
        "{\"a\":" + "[".repeat(5000));
  }

  @Test
  void anUnknownTypeIsRejected() throws IOException {
    assertHeaderProblem(
        "tensor a: unknown element type F4; known are [F64, F32, F16, BF16, I64, I32, I16, I8,"
            + " U8, F8_E4M3, F8_E5M2, BOOL]",
        "{\"a\":{\"dtype\":\"F4\",\"shape\":[4],\"data_offsets\":[0,4]}}",
        4);
    assertHeaderProblem(
        "tensor a: dtype must be a string such as \"F32\" but was 32",
        "{\"a\":{\"dtype\":32,\"shape\":[1],\"data_offsets\":[0,4]}}",
        4);
  }

  @Test
  void aShapeMustBeAListOfExtents() throws IOException {
    for (String shape : new String[] {"[-1]", "[2147483648]", "[1.0]", "[\"1\"]", "4", "[null]"}) {
      assertHeaderProblem(
          "tensor a: shape must be a list of whole numbers from 0 to 2147483647 but was " + shape,
          "{\"a\":{\"dtype\":\"F32\",\"shape\":" + shape + ",\"data_offsets\":[0,4]}}",
          4);
    }
  }

  @Test
  void aShapeThatOverflowsIsRejected() throws IOException {
    assertHeaderProblem(
        "tensor a: shape [2147483647, 2147483647, 4] holds more elements than any file can",
        "{\"a\":{\"dtype\":\"F32\",\"shape\":[2147483647,2147483647,4],\"data_offsets\":[0,4]}}",
        4);
    assertHeaderProblem(
        "tensor a: shape [2147483647, 2147483647] holds more elements than any file can",
        "{\"a\":{\"dtype\":\"F64\",\"shape\":[2147483647,2147483647],\"data_offsets\":[0,4]}}",
        4);
  }

  @Test
  void offsetsMustBeTwoNumbersInOrder() throws IOException {
    for (String offsets :
        new String[] {
          "[0]", "[0,4,8]", "[]", "4", "[4,0]", "[-4,0]", "[0,4.0]", "[0,18446744073709551616]"
        }) {
      assertHeaderProblem(
          "tensor a: data_offsets must be two whole numbers [begin, end] with 0 <= begin <= end but"
              + " was "
              + offsets,
          "{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":" + offsets + "}}",
          4);
    }
  }

  @Test
  void offsetsMustSpanTheShape() throws IOException {
    assertHeaderProblem(
        "tensor a: shape [2, 3] of F32 takes 24 bytes but data_offsets [0, 20] span 20",
        "{\"a\":{\"dtype\":\"F32\",\"shape\":[2,3],\"data_offsets\":[0,20]}}",
        20);
  }

  @Test
  void dataCutOffIsRejected() throws IOException {
    assertHeaderProblem(
        "tensor b: ends at byte 8 of the data but the file holds only 7 bytes of data; it is cut"
            + " off",
        two(0, 4, 4, 8),
        7);
    assertHeaderProblem(
        "tensor b: ends at byte 9223372036854775807 of the data but the file holds only 8 bytes of"
            + " data; it is cut off",
        two(0, 4, Long.MAX_VALUE - 4, Long.MAX_VALUE),
        8);
  }

  @Test
  void dataBeyondTheTensorsIsRejected() throws IOException {
    assertHeaderProblem(
        "the tensors end at byte 8 of the data but the file holds 12 bytes of data",
        two(0, 4, 4, 8),
        12);
    assertHeaderProblem(
        "the tensors end at byte 0 of the data but the file holds 1 bytes of data", "{}", 1);
  }

  @Test
  void tensorsMayNotOverlap() throws IOException {
    assertHeaderProblem(
        "tensor b: begins at byte 2 of the data but tensor a before it ends at 4; they overlap",
        two(0, 4, 2, 6),
        6);
    assertHeaderProblem(
        "tensor b: begins at byte 0 of the data but tensor a before it ends at 4; they overlap",
        two(0, 4, 0, 4),
        4);
  }

  @Test
  void theDataMayHaveNoGaps() throws IOException {
    assertHeaderProblem(
        "tensor b: begins at byte 6 of the data but must begin at 4; gaps are not allowed",
        two(0, 4, 6, 10),
        10);
    assertHeaderProblem(
        "tensor a: begins at byte 4 of the data but must begin at 0; gaps are not allowed",
        two(4, 8, 8, 12),
        12);
  }

  @Test
  void metadataMustBeStrings() throws IOException {
    assertHeaderProblem(
        "__metadata__ must be an object of strings but was {\"format\":1}",
        "{\"__metadata__\":{\"format\":1}}");
  }

  @Test
  void anEntryThatIsNoObjectIsRejectedWithAllThatIsMissing() throws IOException {
    assertMessage(
        """
         has 3 problems:
        - tensor a: dtype must be a string such as "F32" but was missing
        - tensor a: shape must be a list of whole numbers from 0 to 2147483647 but was missing
        - tensor a: data_offsets must be two whole numbers [begin, end] with 0 <= begin <= end but was missing""",
        TestFiles.safetensors(path(), "{\"a\":7}", new byte[0]));
  }

  @Test
  void ofManyProblemsTheFirstAreListed() throws IOException {
    StringBuilder header = new StringBuilder("{\"t0\":{}");
    for (int i = 1; i < 1000; i++) {
      header.append(",\"t").append(i).append("\":{}");
    }
    Path file = TestFiles.safetensors(path(), header + "}", new byte[0]);
    String message =
        assertThrows(AdapterFormatException.class, () -> Safetensors.open(file)).getMessage();
    assertTrue(message.startsWith(file + " has 3000 problems:\n- tensor t0: dtype"), message);
    assertTrue(message.endsWith(" more"), message);
    assertTrue(message.length() <= 2000, message.length() + " characters");
  }

  @Test
  void longValuesAreShortenedInMessages() throws IOException {
    Path file =
        TestFiles.safetensors(
            path(), "{\"a\":{\"dtype\":\"" + "x".repeat(100_000) + "\"}}", new byte[0]);
    String message =
        assertThrows(AdapterFormatException.class, () -> Safetensors.open(file)).getMessage();
    assertTrue(message.length() < 1000, message);
  }

  @Test
  void damagedFilesAreRefusedOrReadButNeverCrash() throws IOException {
    Path file = TestFiles.safetensors(path(), two(0, 4, 4, 8), new byte[8]);
    byte[] good = Files.readAllBytes(file);
    Random random = new Random(5);
    int refused = 0;
    for (int round = 0; round < 1000; round++) {
      byte[] bad = good.clone();
      for (int i = 0; i <= random.nextInt(3); i++) {
        bad[random.nextInt(bad.length)] = (byte) random.nextInt(256);
      }
      Files.write(
          file, random.nextInt(4) > 0 ? bad : Arrays.copyOf(bad, random.nextInt(bad.length)));
      try (Safetensors tensors = Safetensors.open(file)) {
        for (String name : tensors.names()) {
          tensors.read(name, DataType.FLOAT64);
        }
      } catch (AdapterFormatException e) {
        refused++;
      }
    }
    assertTrue(refused > 500, refused + " of 1000");
  }

  private String two(long beginA, long endA, long beginB, long endB) {
    return """
        {"a":{"dtype":"F32","shape":[1],"data_offsets":[%d,%d]},\
        "b":{"dtype":"F32","shape":[1],"data_offsets":[%d,%d]}}"""
        .formatted(beginA, endA, beginB, endB);
  }

  private Path path() {
    return folder.resolve("t.safetensors");
  }

  private void assertHeaderProblem(String problem, String header) throws IOException {
    assertHeaderProblem(problem, header, 0);
  }

  private void assertHeaderProblem(String problem, String header, int data) throws IOException {
    assertProblem(problem, TestFiles.safetensors(path(), header, new byte[data]));
  }

  private void assertProblem(String problem, Path file) {
    assertMessage(": " + problem, file);
  }

  private void assertMessage(String message, Path file) {
    Exception e = assertThrows(AdapterFormatException.class, () -> Safetensors.open(file));
    assertEquals(file + message, e.getMessage());
  }
}
