package org.peft4j.nd4j;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.junit.ArchTests;
import com.tngtech.archunit.lang.ArchRule;
import org.peft4j.testkit.LibraryRules;

@AnalyzeClasses(packages = "org.peft4j.nd4j", importOptions = ImportOption.DoNotIncludeTests.class)
class ArchitectureTest {

  @ArchTest static final ArchTests COMMON = ArchTests.in(LibraryRules.class);

  @ArchTest
  static final ArchRule ARRAYS_ARE_TENSORS_AND_UPDATERS_OPTIMIZERS =
      noClasses()
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage(
              "org.peft4j",
              "org.peft4j.adapter..",
              "org.peft4j.initializer..",
              "org.peft4j.nn..",
              "org.peft4j.store..",
              "org.peft4j.onednn..");
}
