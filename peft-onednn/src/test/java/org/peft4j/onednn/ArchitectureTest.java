package org.peft4j.onednn;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.junit.ArchTests;
import com.tngtech.archunit.lang.ArchRule;
import org.peft4j.testkit.LibraryRules;

@AnalyzeClasses(
    packages = "org.peft4j.onednn",
    importOptions = ImportOption.DoNotIncludeTests.class)
class ArchitectureTest {

  @ArchTest static final ArchTests COMMON = ArchTests.in(LibraryRules.class);

  @ArchTest
  static final ArchRule THE_ENGINE_KNOWS_THE_CONTRACT =
      classes()
          .should()
          .onlyDependOnClassesThat(
              JavaClass.Predicates.resideInAnyPackage("org.peft4j.onednn", "org.peft4j.kernel")
                  .or(JavaClass.Predicates.resideOutsideOfPackage("org.peft4j..")));

  @ArchTest
  static final ArchRule TWO_CLASSES_ARE_SEEN =
      classes()
          .that()
          .doNotHaveSimpleName("OneDnnKernels")
          .and()
          .doNotHaveSimpleName("OneDnnKernelSet")
          .and()
          .areTopLevelClasses()
          .should()
          .notBePublic();
}
