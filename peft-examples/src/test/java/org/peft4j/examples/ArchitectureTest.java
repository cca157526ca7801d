package org.peft4j.examples;

import static com.tngtech.archunit.base.DescribedPredicate.describe;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.TOP_LEVEL_CLASSES;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.lang.conditions.ArchConditions.have;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;

/** An example is a program that can be copied as it stands. */
@AnalyzeClasses(
    packages = "org.peft4j.examples",
    importOptions = {
      ImportOption.DoNotIncludeTests.class,
      ImportOption.DoNotIncludePackageInfos.class
    })
class ArchitectureTest {

  @ArchTest
  static final ArchRule NEEDS_THE_LIBRARY_ALONE =
      noClasses()
          .should()
          .dependOnClassesThat()
          .resideOutsideOfPackages("java..", "org.peft4j..")
          .orShould()
          .dependOnClassesThat()
          .resideInAPackage("org.peft4j.cli..");

  @ArchTest
  static final ArchRule NEEDS_NO_OTHER_EXAMPLE =
      noClasses()
          .that(TOP_LEVEL_CLASSES)
          .should()
          .dependOnClassesThat(resideInAPackage("org.peft4j.examples").and(TOP_LEVEL_CLASSES));

  @ArchTest
  static final ArchRule IS_A_PROGRAM =
      classes()
          .that(TOP_LEVEL_CLASSES)
          .should(
              have(
                  describe(
                      "a method main",
                      (JavaClass example) ->
                          example.tryGetMethod("main", String[].class).isPresent())));
}
