package org.peft4j.transformers.hub;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.peft4j.testkit.FakeHub;

@Timeout(120)
class HubTest {

  private static final HubModel MODEL = HubModel.of(FakeHub.MODEL);
  private static final String WEIGHTS = "model.safetensors";

  @TempDir Path folder;
  private final byte[] weights = new byte[200_000];
  private final List<String> waits = new ArrayList<>();
  private FakeHub hub;
  private Optional<String> token = Optional.of("hf_secret");
  private Duration patience = Duration.ofSeconds(60);

  @BeforeEach
  void open() throws IOException {
    new Random(1).nextBytes(weights);
    hub =
        new FakeHub()
            .with("config.json", "{\"model_type\": \"llama\"}")
            .with("tokenizer.json", "{}")
            .with("pytorch_model.bin", "a pickle")
            .with("onnx/model.json", "{}")
            .with("consolidated.safetensors", weights)
            .with("README.md", "# Card")
            .with(WEIGHTS, weights);
  }

  @AfterEach
  void close() {
    hub.close();
  }

  @Test
  void downloadsWhatIsReadIntoTheCacheOfHuggingFace() throws IOException {
    HubDownload done = download();

    Path home = folder.resolve("hub/models--some-lab--tiny.model_1");
    assertThat(done.folder()).isEqualTo(home.resolve("snapshots").resolve(FakeHub.COMMIT));
    assertThat(names(done.folder())).containsExactly("config.json", WEIGHTS, "tokenizer.json");
    assertThat(done.folder().resolve(WEIGHTS)).hasBinaryContent(weights).isSymbolicLink();
    assertThat(Files.readSymbolicLink(done.folder().resolve(WEIGHTS)))
        .isEqualTo(Path.of("../../blobs", FakeHub.sha256(weights)));
    assertThat(Files.readSymbolicLink(done.folder().resolve("tokenizer.json")))
        .isEqualTo(Path.of("../../blobs", FakeHub.git(new byte[] {'{', '}'})));
    assertThat(home.resolve("refs/main")).hasContent(FakeHub.COMMIT);
    assertThat(names(home.resolve("blobs"))).hasSize(3);
    assertThat(done.files()).isEqualTo(3);
    assertThat(done.bytes()).isEqualTo(200_025).isEqualTo(done.fetched());
    assertThat(settings().cache().find(MODEL)).contains(done.folder());
    assertThat(settings().cache().find(MODEL.at(FakeHub.COMMIT))).contains(done.folder());
    assertThat(settings().cache().find(MODEL.at("other"))).isEmpty();
  }

  @Test
  void whatIsThereIsNotDownloadedAgain() throws IOException {
    download();
    hub.requests.clear();

    assertThat(download().fetched()).isZero();
    assertThat(hub.requests).hasSize(1);
  }

  @Test
  void theTokenGoesToTheHubOnly() throws IOException {
    download();

    assertThat(hub.requests).extracting(FakeHub.Request::server).contains("hub", "store");
    for (FakeHub.Request request : hub.requests) {
      assertThat(request.token())
          .isEqualTo(request.server().equals("hub") ? "Bearer hf_secret" : "");
    }
    assertThat(settings().toString()).doesNotContain("hf_secret");
  }

  @Test
  void withoutATokenNoneIsSent() throws IOException {
    token = Optional.empty();
    download();

    assertThat(hub.requests).extracting(FakeHub.Request::token).containsOnly("");
  }

  @Test
  void connectionsThatAreCutGoOn() throws IOException {
    hub.files.keySet().retainAll(List.of("config.json", WEIGHTS));
    hub.cuts.addAll(List.of(1000, 50_000, 0, 70_000, 30_000, 40_000));
    HubDownload done = download();

    assertThat(done.folder().resolve(WEIGHTS)).hasBinaryContent(weights);
    assertThat(ranges()).hasSizeGreaterThan(4).startsWith("");
    assertThat(
            hub.requests.stream().filter(r -> r.server().equals("store") && !r.range().isEmpty()))
        .extracting(FakeHub.Request::ifRange)
        .containsOnly('"' + FakeHub.sha256(weights) + '"');
    assertThat(waits).isNotEmpty().allMatch(why -> why.endsWith("; trying again in 1 s"));
    assertThat(done.fetched()).isEqualTo(done.bytes());
  }

  @Test
  void aServerWithoutRangesBeginsAgain() throws IOException {
    hub.ranges = false;
    hub.files.keySet().retainAll(List.of(WEIGHTS));
    hub.cuts.addAll(List.of(100_000, 150_000));
    HubDownload done = download();

    assertThat(done.folder().resolve(WEIGHTS)).hasBinaryContent(weights);
    assertThat(done.fetched()).isGreaterThan(done.bytes());
  }

  @Test
  void aServerThatCutsForeverIsGivenUpAndTheNextCallGoesOn() throws IOException {
    hub.files.keySet().retainAll(List.of(WEIGHTS));
    hub.cuts.add(150_000);
    IntStream.range(0, 5).forEach(i -> hub.cuts.add(0));

    assertThatThrownBy(this::download)
        .isInstanceOf(IOException.class)
        .hasMessageEndingWith(
            ", 5 times in a row; what has come is kept, and the same download goes on from there");
    assertThat(settings().cache().find(MODEL)).isEmpty();
    assertThat(folder.resolve("hub/models--some-lab--tiny.model_1/snapshots")).doesNotExist();

    hub.cuts.clear();
    hub.requests.clear();
    HubDownload done = download();
    assertThat(done.folder().resolve(WEIGHTS)).hasBinaryContent(weights);
    assertThat(done.fetched()).isBetween(1L, 199_999L);
    assertThat(ranges()).containsExactly("bytes=" + (200_000 - done.fetched()) + "-");
  }

  @Test
  void whatAnEarlierDownloadLeftIsChecked() throws IOException {
    Path half = half();
    byte[] other = Arrays.copyOf(weights, 100_000);
    other[500] ^= 1;
    Files.write(half, other);

    HubDownload done = download();

    assertThat(done.folder().resolve(WEIGHTS)).hasBinaryContent(weights);
    assertThat(ranges()).containsExactly("bytes=100000-", "");
    assertThat(half).doesNotExist();
  }

  @Test
  void aHalfFileThatIsTooLongOrWholeIsNoTrouble() throws IOException {
    Files.write(half(), new byte[300_000]);
    assertThat(download().folder().resolve(WEIGHTS)).hasBinaryContent(weights);

    Files.delete(half().resolveSibling(FakeHub.sha256(weights)));
    Files.write(half(), weights);
    hub.requests.clear();
    assertThat(download().folder().resolve(WEIGHTS)).hasBinaryContent(weights);
    assertThat(ranges()).isEmpty();
  }

  @Test
  void whatIsDamagedGetsNoName() {
    hub.damages = true;

    assertThatThrownBy(this::download)
        .isInstanceOf(IOException.class)
        .hasMessageContaining(
            "of some-lab/tiny.model_1 came damaged: its checksum is not the Hub's");
    assertThat(folder.resolve("hub/models--some-lab--tiny.model_1/blobs")).isEmptyDirectory();
  }

  @ParameterizedTest
  @ValueSource(ints = {429, 500, 502, 503, 504})
  void aHubThatHasNoTimeIsAskedAgain(int status) throws IOException {
    hub.answers.add(new FakeHub.Answer(status, Map.of("Retry-After", "0")));
    hub.answers.add(new FakeHub.Answer(status, Map.of()));

    assertThat(download().files()).isEqualTo(3);
    assertThat(waits).hasSize(2).allMatch(why -> why.startsWith("127.0.0.1 answers " + status));
  }

  @Test
  void aHubThatHasNoTimeForLongIsNotWaitedFor() {
    hub.answers.add(new FakeHub.Answer(429, Map.of("Retry-After", "7200")));

    assertThatThrownBy(this::download)
        .hasMessage(
            "127.0.0.1 answers 429: too many requests; it asks to try again in 120 minutes");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "401 | GatedRepo | | hf_x | some-lab/tiny.model_1 is for those who have accepted its terms: open http://127.0.0.1:PORT/some-lab/tiny.model_1 in a browser, accept them, and make sure that the token in HF_TOKEN is of that account and may read gated models",
        "403 | GatedRepo | | | some-lab/tiny.model_1 is for those who have accepted its terms: open http://127.0.0.1:PORT/some-lab/tiny.model_1 in a browser, accept them, and set HF_TOKEN to a token of that account (http://127.0.0.1:PORT/settings/tokens)",
        "401 | RepoNotFound | | | the Hub knows no some-lab/tiny.model_1, or it is private: look at the spelling, or set HF_TOKEN to a token that may read it",
        "401 | | Invalid credentials | hf_x | the Hub knows no some-lab/tiny.model_1, or does not accept the token in HF_TOKEN for it",
        "403 | | Not allowed\u001b[2J | hf_x | the Hub does not let you have some-lab/tiny.model_1 with the token in HF_TOKEN (Not allowed [2J)",
        "404 | RevisionNotFound | | | some-lab/tiny.model_1 has no revision 'main'",
        "404 | RepoNotFound | | | the Hub knows no some-lab/tiny.model_1, or it is private: look at the spelling, or set HF_TOKEN to a token that may read it",
        "404 | | | | the Hub knows no some-lab/tiny.model_1 at revision 'main'",
        "418 | | I am a teapot | | 127.0.0.1 answers 418 (I am a teapot)",
        "302 | | | | 127.0.0.1 answers 302"
      })
  void whatTheHubRefusesIsToldWithTheWayOut(
      int status, String code, String message, String given, String told) {
    token = Optional.ofNullable(given);
    Map<String, String> headers = new java.util.HashMap<>();
    if (code != null) {
      headers.put("X-Error-Code", code);
    }
    if (message != null) {
      headers.put("X-Error-Message", message.replace('\u001b', '\t'));
    }
    hub.answers.add(new FakeHub.Answer(status, headers));

    assertThatThrownBy(this::download)
        .isInstanceOf(HubException.class)
        .hasMessage(told.replace("PORT", "" + hub.address().getPort()).replace("\u001b", ""));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "../evil.json",
        "a/../../evil.json",
        "/etc/evil.json",
        "C:/evil.json",
        "a\\\\..\\\\evil.json",
        "a//evil.json",
        "./evil.json",
        "",
        "a/\\u0000.json"
      })
  void namesThatLeadOutOfTheFolderAreRefused(String name) {
    hub.more =
        ",{\"rfilename\":\"%s\",\"size\":1,\"blobId\":\"%s\"}".formatted(name, "a".repeat(40));

    assertThatThrownBy(this::download)
        .isInstanceOf(HubException.class)
        .hasMessageContaining("could be written outside its folder; nothing was downloaded");
    assertThat(folder.resolve("hub")).doesNotExist();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{\"rfilename\":\"a.json\",\"size\":1}",
        "{\"rfilename\":\"a.json\",\"size\":1,\"blobId\":\"../../../x\"}",
        "{\"rfilename\":\"a.json\",\"blobId\":\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\"}"
      })
  void whatCannotBeCheckedIsRefused(String entry) {
    hub.more = "," + entry;

    assertThatThrownBy(this::download)
        .isInstanceOf(HubException.class)
        .hasMessageContaining("tells no size or checksum of 'a.json'");
  }

  @Test
  void weightsOfOtherKindsAreNamed() {
    hub.files.remove(WEIGHTS);
    hub.files.remove("consolidated.safetensors");

    assertThatThrownBy(this::download)
        .isInstanceOf(HubException.class)
        .hasMessageStartingWith("some-lab/tiny.model_1 has no weights in safetensors files")
        .hasMessageContaining("pytorch_model.bin");
  }

  @Test
  void filesMayBeChosen() throws IOException {
    FileChoice choice = new FileChoice(List.of("*.json", "README.??"), List.of("tok*", "[xyz]*"));
    Path snapshot = hub().download(MODEL, choice, listener()).folder();

    assertThat(names(snapshot)).containsExactly("README.md", "config.json", "onnx");
    assertThat(snapshot.resolve("onnx/model.json")).hasContent("{}");
    assertThat(Files.readSymbolicLink(snapshot.resolve("onnx/model.json")).toString())
        .startsWith("../../../blobs/");
    assertThatThrownBy(
            () -> hub().download(MODEL, new FileChoice(List.of("nothing"), List.of()), listener()))
        .isInstanceOf(HubException.class)
        .hasMessageStartingWith(
            "of the files of some-lab/tiny.model_1 none is chosen; there are [");
  }

  @Test
  void namesMayHoldSpacesAndRevisionsSlashes() throws IOException {
    hub.with("über 100%.json", "[1]");
    HubDownload done = hub().download(MODEL.at("refs/pr/1"), FileChoice.usual(), listener());

    assertThat(done.folder().resolve("über 100%.json")).hasContent("[1]");
    assertThat(settings().cache().find(MODEL.at("refs/pr/1"))).contains(done.folder());
    assertThat(settings().cache().find(MODEL)).isEmpty();
  }

  @Test
  void aFolderOfItsOwnHoldsPlainFiles() throws IOException {
    Path own = folder.resolve("own");
    Files.createDirectories(own);
    Files.writeString(own.resolve("notes.txt"), "mine");
    HubDownload done = hub().download(MODEL, FileChoice.usual(), own, listener());

    assertThat(done.folder()).isEqualTo(own);
    assertThat(names(own)).containsExactly("config.json", WEIGHTS, "notes.txt", "tokenizer.json");
    assertThat(own.resolve(WEIGHTS)).isRegularFile().hasBinaryContent(weights);
    assertThat(Files.isSymbolicLink(own.resolve(WEIGHTS))).isFalse();

    assertThat(hub().download(MODEL, FileChoice.usual(), own, listener()).fetched()).isZero();

    Files.writeString(own.resolve("config.json"), "{\"model_type\": \"LLAMA\"}");
    assertThatThrownBy(() -> hub().download(MODEL, FileChoice.usual(), own, listener()))
        .isInstanceOf(HubException.class)
        .hasMessageEndingWith(
            "config.json is there already and is another file; name another folder, or move it"
                + " away");
    assertThat(own.resolve("config.json")).content().contains("LLAMA");
  }

  @Test
  void aFolderThatCannotBeWrittenIsNamed() throws IOException {
    Path file = Files.writeString(folder.resolve("file"), "");

    assertThatThrownBy(() -> hub().download(MODEL, FileChoice.usual(), file, listener()))
        .isInstanceOf(FileSystemException.class)
        .hasMessageContaining(file.toString());
  }

  @ParameterizedTest
  @ValueSource(strings = {"file:///etc/passwd", "ftp://127.0.0.1/x", "https:/x"})
  void redirectionsThatAreNotSafeAreNotFollowed(String place) {
    hub.redirection = place;

    assertThatThrownBy(this::download)
        .isInstanceOf(HubException.class)
        .hasMessageContaining("leads to an address that is not safe: " + place);
  }

  @Test
  void redirectionsWithoutEndEnd() {
    hub.redirection = "/" + FakeHub.MODEL + "/resolve/" + FakeHub.COMMIT + "/config.json";

    assertThatThrownBy(this::download)
        .isInstanceOf(HubException.class)
        .hasMessageContaining("from one address to the next without end");
  }

  @Test
  void aHubThatCannotBeReachedIsNamed() throws IOException {
    int port;
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      port = socket.getLocalPort();
    }
    URI nowhere = URI.create("http://127.0.0.1:" + port);
    Hub away =
        new Hub(new HubSettings(nowhere, Optional.empty(), new HubCache(folder.resolve("hub"))));

    assertThatThrownBy(() -> away.download(MODEL))
        .isInstanceOf(IOException.class)
        .hasMessageStartingWith("cannot reach " + nowhere + " (")
        .hasMessageEndingWith(
            "); where there is no network, copy the model's folder here by other means and name"
                + " that folder");
  }

  @Test
  void whatIsNoHubIsToldApart() {
    URI other = URI.create(hub.address() + "/cache");
    hub.with("api/models/" + FakeHub.MODEL + "/revision/main", "<html>");
    Hub wrong =
        new Hub(new HubSettings(other, Optional.empty(), new HubCache(folder.resolve("hub"))));

    assertThatThrownBy(() -> wrong.download(MODEL))
        .isInstanceOf(HubException.class)
        .hasMessage(other + " did not answer as the Hub does; is HF_ENDPOINT right?");
  }

  @Test
  void offlineNobodyIsAsked() {
    HubSettings offline =
        HubSettings.of(
            Map.of("HF_HUB_OFFLINE", "1", "HF_ENDPOINT", hub.address().toString()), folder);

    assertThatThrownBy(() -> new Hub(offline).download(MODEL))
        .isInstanceOf(HubException.class)
        .hasMessageContaining("HF_HUB_OFFLINE");
    assertThat(hub.requests).isEmpty();
  }

  @Test
  void aServerThatFallsSilentIsAskedAgain() throws IOException {
    hub.files.keySet().retainAll(List.of(WEIGHTS));
    hub.stalls = true;
    patience = Duration.ofMillis(300);
    HubDownload done = download();

    assertThat(done.folder().resolve(WEIGHTS)).hasBinaryContent(weights);
    assertThat(waits).first().asString().startsWith("127.0.0.1 has sent nothing for");
    assertThat(Thread.currentThread().isInterrupted()).isFalse();
  }

  @Test
  void anInterruptionEndsIt() throws Exception {
    hub.files.keySet().retainAll(List.of(WEIGHTS));
    hub.stalls = true;
    CountDownLatch begun = new CountDownLatch(1);
    FutureTask<HubDownload> task =
        new FutureTask<>(
            () ->
                hub()
                    .download(
                        MODEL,
                        FileChoice.usual(),
                        new HubListener() {
                          @Override
                          public void onBytes(HubFile file, long bytes) {
                            begun.countDown();
                          }
                        }));
    Thread thread = new Thread(task);
    thread.start();
    begun.await();
    thread.interrupt();

    assertThatThrownBy(task::get)
        .isInstanceOf(ExecutionException.class)
        .cause()
        .isInstanceOfAny(InterruptedIOException.class, IOException.class);
    assertThat(hub.requests).hasSize(3);
  }

  @Test
  void theEnvironmentIsReadAsHuggingFaceReadsIt() throws IOException {
    Path home = folder.resolve("home");
    assertThat(HubSettings.of(Map.of(), home))
        .isEqualTo(
            new HubSettings(
                URI.create("https://huggingface.co"),
                Optional.empty(),
                new HubCache(home.resolve(".cache/huggingface/hub"))));
    assertThat(root(home, Map.of("XDG_CACHE_HOME", "/x"))).isEqualTo(Path.of("/x/huggingface/hub"));
    assertThat(root(home, Map.of("HF_HOME", "~/h"))).isEqualTo(home.resolve("h/hub"));
    assertThat(root(home, Map.of("HF_HOME", "/h", "HF_HUB_CACHE", "/c"))).isEqualTo(Path.of("/c"));
    assertThat(root(home, Map.of("HUGGINGFACE_HUB_CACHE", "/l"))).isEqualTo(Path.of("/l"));

    Files.createDirectories(home.resolve("h"));
    Files.writeString(home.resolve("h/token"), "hf_file\n");
    Map<String, String> file = Map.of("HF_HOME", "~/h");
    assertThat(HubSettings.of(file, home).token()).contains("hf_file");
    assertThat(HubSettings.of(Map.of("HF_HOME", "~/h", "HF_TOKEN", " hf_env "), home).token())
        .contains("hf_env");
    assertThat(
            HubSettings.of(Map.of("HF_HOME", "~/h", "HF_HUB_DISABLE_IMPLICIT_TOKEN", "1"), home)
                .token())
        .isEmpty();
    assertThat(HubSettings.of(Map.of("HF_ENDPOINT", "https://mirror/hf/"), home).endpoint())
        .isEqualTo(URI.create("https://mirror/hf"));
    assertThatThrownBy(() -> HubSettings.of(Map.of("HF_ENDPOINT", "mirror"), home))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("HF_ENDPOINT");
  }

  private static Path root(Path home, Map<String, String> environment) {
    return HubSettings.of(environment, home).cache().root();
  }

  @Test
  void namesAreThoseOfTheHub() {
    assertThat(HubModel.of("org/name")).isEqualTo(new HubModel("org/name", "main"));
    assertThat(HubModel.of("gpt2@v1.0")).isEqualTo(new HubModel("gpt2", "v1.0"));
    assertThat(HubModel.of("org/name@refs/pr/1")).hasToString("org/name@refs/pr/1");
    for (String wrong :
        List.of(
            "", "a/b/c", "../x", "a/..", "/a", "a/", "a--b/c", "a b/c", "-a/b", "a/b@", "a@../x")) {
      assertThat(HubModel.find(wrong)).as(wrong).isEmpty();
    }
    assertThatThrownBy(() -> HubModel.of("a/b/c"))
        .hasMessageContaining("ORGANISATION/NAME")
        .hasMessageContaining("'a/b/c'");
  }

  private HubSettings settings() {
    return new HubSettings(
        hub.address(),
        token,
        new HubCache(folder.resolve("hub")),
        false,
        Duration.ofMillis(1),
        patience);
  }

  private Hub hub() {
    return new Hub(settings());
  }

  private HubDownload download() throws IOException {
    return hub().download(MODEL, FileChoice.usual(), listener());
  }

  private HubListener listener() {
    return new HubListener() {
      @Override
      public void onWait(String why) {
        waits.add(why);
      }
    };
  }

  /** Where what has come of the weights lies until all has. */
  private Path half() throws IOException {
    Path blobs = folder.resolve("hub/models--some-lab--tiny.model_1/blobs");
    Files.createDirectories(blobs);
    return blobs.resolve(FakeHub.sha256(weights) + ".peft4j.incomplete");
  }

  private List<String> ranges() {
    return hub.requests.stream()
        .filter(request -> request.server().equals("store"))
        .map(FakeHub.Request::range)
        .toList();
  }

  private static List<String> names(Path folder) throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files.map(file -> file.getFileName().toString()).sorted().toList();
    }
  }
}
