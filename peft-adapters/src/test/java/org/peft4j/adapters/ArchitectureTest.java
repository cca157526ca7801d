package org.peft4j.adapters;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.junit.ArchTests;
import com.tngtech.archunit.lang.ArchRule;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.peft4j.adapter.AdapterConfig;
import org.peft4j.testkit.LibraryRules;

/** The methods see the core's border for adapters and nothing else. */
@AnalyzeClasses(
    packages = "org.peft4j.adapters",
    importOptions = ImportOption.DoNotIncludeTests.class)
class ArchitectureTest {

  private static final String SERVICES = "META-INF/services/org.peft4j.adapter.AdapterConfig";

  @ArchTest static final ArchTests COMMON = ArchTests.in(LibraryRules.class);

  /** They meet initializers in the core's interfaces. */
  @ArchTest
  static final ArchRule METHODS_DO_NOT_KNOW_INITIALIZERS =
      noClasses().should().dependOnClassesThat().resideInAPackage("org.peft4j.init..");

  @ArchTest
  static final ArchRule METHODS_KNOW_NEITHER_MODELS_NOR_FILES_NOR_TRAINING =
      noClasses()
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage(
              "org.peft4j", "org.peft4j.nn..", "org.peft4j.io..", "org.peft4j.train..");

  @ArchTest
  static final ArchRule A_METHOD_IS_ONE_RECORD =
      classes().that().implement(AdapterConfig.class).should().beRecords().andShould().bePublic();

  @ArchTest
  static void theServicesFileListsExactlyTheMethods(JavaClasses classes) {
    List<String> methods =
        classes.stream()
            .filter(type -> type.isAssignableTo(AdapterConfig.class) && !type.isInterface())
            .map(JavaClass::getName)
            .sorted()
            .toList();

    assertThat(methods).isNotEmpty();
    assertThat(listed()).isEqualTo(methods);
  }

  private static List<String> listed() {
    try (var stream = LoraConfig.class.getClassLoader().getResourceAsStream(SERVICES)) {
      return new String(stream.readAllBytes(), StandardCharsets.UTF_8)
          .lines()
          .map(line -> line.replaceFirst("#.*", "").strip())
          .filter(line -> !line.isEmpty())
          .sorted()
          .toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
