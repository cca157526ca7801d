package org.peft4j.listeners;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.fields;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.junit.ArchTests;
import com.tngtech.archunit.lang.ArchRule;
import org.peft4j.testkit.LibraryRules;
import org.peft4j.train.TrainingListener;

/** Listeners listen, each by itself. */
@AnalyzeClasses(
    packages = "org.peft4j.listeners",
    importOptions = ImportOption.DoNotIncludeTests.class)
class ArchitectureTest {

  @ArchTest static final ArchTests COMMON = ArchTests.in(LibraryRules.class);

  @ArchTest
  static final ArchRule ALL_THAT_IS_PUBLIC_LISTENS =
      classes()
          .that()
          .arePublic()
          .should()
          .implement(TrainingListener.class)
          .andShould()
          .haveSimpleNameEndingWith("Listener");

  @ArchTest
  static final ArchRule NOTHING_IS_SHARED = fields().that().areStatic().should().beFinal();

  @ArchTest
  static final ArchRule ONE_LISTENER_ALONE_NEEDS_MICROMETER =
      noClasses()
          .that()
          .doNotHaveSimpleName("MicrometerListener")
          .should()
          .dependOnClassesThat()
          .resideInAPackage("io.micrometer..");
}
