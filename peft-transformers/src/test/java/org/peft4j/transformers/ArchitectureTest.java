package org.peft4j.transformers;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.junit.ArchTests;
import com.tngtech.archunit.lang.ArchRule;
import org.peft4j.testkit.LibraryRules;

/** Models know the core and neither methods nor initializers. */
@AnalyzeClasses(
    packages = "org.peft4j.transformers",
    importOptions = ImportOption.DoNotIncludeTests.class)
class ArchitectureTest {

  private static final String[] FAMILIES = {
    "org.peft4j.transformers.llama..", "org.peft4j.transformers.qwen3.."
  };

  @ArchTest static final ArchTests COMMON = ArchTests.in(LibraryRules.class);

  @ArchTest
  static final ArchRule MODELS_KNOW_NO_METHOD =
      noClasses()
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage("org.peft4j.adapters..", "org.peft4j.init..");

  /** Each package is a slice; that of the facades, which nobody knows, is {@code transformers}. */
  @ArchTest
  static final ArchRule PACKAGES_KNOW_EACH_OTHER_ONE_WAY =
      slices().matching("org.peft4j.(**)").should().beFreeOfCycles();

  @ArchTest
  static final ArchRule NOBODY_KNOWS_A_FAMILY =
      noClasses()
          .that()
          .resideOutsideOfPackages(FAMILIES)
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage(FAMILIES);

  @ArchTest
  static final ArchRule FAMILIES_KNOW_NOTHING_OF_EACH_OTHER =
      slices().matching("org.peft4j.transformers.(llama|qwen3)..").should().notDependOnEachOther();
}
