package org.peft4j.cli;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;
import picocli.CommandLine.Command;

/** The command is an application: nobody builds on it but who wants the tiny model. */
@AnalyzeClasses(packages = "org.peft4j.cli", importOptions = ImportOption.DoNotIncludeTests.class)
class ArchitectureTest {

  @ArchTest
  static final ArchRule ONLY_THE_COMMAND_IS_PUBLIC =
      classes()
          .that()
          .resideInAPackage("org.peft4j.cli")
          .and()
          .doNotHaveSimpleName("PeftCommand")
          .and()
          .areTopLevelClasses()
          .should()
          .notBePublic();

  @ArchTest
  static final ArchRule THE_TINY_MODEL_KNOWS_NO_COMMAND =
      noClasses()
          .that()
          .resideInAPackage("org.peft4j.cli.tiny")
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage("org.peft4j.cli", "picocli..");

  @ArchTest
  static final ArchRule COMMANDS_ARE_NAMED_SO =
      classes()
          .that()
          .areAnnotatedWith(Command.class)
          .should()
          .haveSimpleNameEndingWith("Command")
          .andShould()
          .resideInAPackage("org.peft4j.cli");

  @ArchTest
  static final ArchRule RESULTS_GO_TO_WHERE_THE_COMMAND_WAS_TOLD =
      noClasses()
          .that()
          .doNotHaveSimpleName("PeftCommand")
          .should()
          .accessField(System.class, "out");
}
