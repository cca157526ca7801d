package org.peft4j.init;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.junit.ArchTests;
import com.tngtech.archunit.lang.ArchRule;
import org.peft4j.initializer.Initializer;
import org.peft4j.testkit.LibraryRules;

/** Initializers see what they may look at, and no method. */
@AnalyzeClasses(packages = "org.peft4j.init", importOptions = ImportOption.DoNotIncludeTests.class)
class ArchitectureTest {

  @ArchTest static final ArchTests COMMON = ArchTests.in(LibraryRules.class);

  @ArchTest
  static final ArchRule INITIALIZERS_DO_NOT_KNOW_METHODS =
      noClasses().should().dependOnClassesThat().resideInAPackage("org.peft4j.adapters..");

  @ArchTest
  static final ArchRule AN_INITIALIZER_IS_ONE_RECORD =
      classes().that().implement(Initializer.class).should().beRecords().andShould().bePublic();
}
