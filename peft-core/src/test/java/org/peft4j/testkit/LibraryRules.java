package org.peft4j.testkit;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;
import com.tngtech.archunit.library.GeneralCodingRules;

/** What holds of the code of every module that applications embed. */
public final class LibraryRules {

  @ArchTest
  static final ArchRule LEAVES_THE_CONSOLE_TO_THE_APPLICATION =
      GeneralCodingRules.NO_CLASSES_SHOULD_ACCESS_STANDARD_STREAMS;

  @ArchTest
  static final ArchRule LOGS_THROUGH_SLF4J_ALONE =
      noClasses().should().dependOnClassesThat().resideInAPackage("java.util.logging..");

  @ArchTest
  static final ArchRule PUBLIC_TYPES_ARE_NAMED_FOR_WHAT_THEY_ARE =
      classes()
          .that()
          .arePublic()
          .should()
          .haveSimpleNameNotEndingWith("Impl")
          .andShould()
          .haveSimpleNameNotContaining("Util");

  private LibraryRules() {}
}
