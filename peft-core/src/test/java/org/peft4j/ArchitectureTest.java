package org.peft4j;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.junit.ArchTests;
import com.tngtech.archunit.lang.ArchCondition;
import com.tngtech.archunit.lang.ArchRule;
import com.tngtech.archunit.lang.ConditionEvents;
import com.tngtech.archunit.lang.SimpleConditionEvent;
import com.tngtech.archunit.library.dependencies.SliceAssignment;
import com.tngtech.archunit.library.dependencies.SliceIdentifier;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.peft4j.testkit.LibraryRules;

/** The packages of the core, from the bottom up. A rule that matches no class fails. */
@AnalyzeClasses(packages = "org.peft4j", importOptions = ImportOption.DoNotIncludeTests.class)
class ArchitectureTest {

  private static final String KERNEL = "org.peft4j.kernel..";
  private static final String TENSOR = "org.peft4j.tensor..";
  private static final String SETTINGS = "org.peft4j.settings..";
  private static final String ADAPTER = "org.peft4j.adapter..";
  private static final String METHOD = "org.peft4j.method..";
  private static final String INITIALIZER = "org.peft4j.initializer..";
  private static final String NN = "org.peft4j.nn..";
  private static final String CALIBRATE = "org.peft4j.calibrate..";
  private static final String IO = "org.peft4j.io..";
  private static final String TRAIN = "org.peft4j.train..";
  private static final String SPEC = "org.peft4j.spec..";
  private static final String STORE = "org.peft4j.store..";
  private static final String CONVERT = "org.peft4j.convert..";

  @ArchTest static final ArchTests COMMON = ArchTests.in(LibraryRules.class);

  @ArchTest static final ArchRule KERNELS_KNOW_NOTHING_ABOVE_THEM = knowsOnly(KERNEL);

  @ArchTest static final ArchRule TENSORS_KNOW_KERNELS = knowsOnly(TENSOR, KERNEL);

  @ArchTest static final ArchRule SETTINGS_KNOW_NOTHING = knowsOnly(SETTINGS);

  @ArchTest static final ArchRule ADAPTERS_KNOW_TENSORS = knowsOnly(ADAPTER, TENSOR, KERNEL);

  @ArchTest
  static final ArchRule METHODS_KNOW_ADAPTERS = knowsOnly(METHOD, ADAPTER, TENSOR, KERNEL);

  @ArchTest
  static final ArchRule INITIALIZERS_KNOW_ADAPTERS =
      knowsOnly(INITIALIZER, ADAPTER, TENSOR, KERNEL);

  @ArchTest static final ArchRule MODULES_KNOW_ADAPTERS = knowsOnly(NN, ADAPTER, TENSOR, KERNEL);

  /** The trainer sees tensors and files: it trains whatever it is given. */
  @ArchTest
  static final ArchRule THE_TRAINER_KNOWS_TENSORS =
      knowsOnly(TRAIN, IO, METHOD, SETTINGS, TENSOR, KERNEL);

  @ArchTest
  static final ArchRule THE_LOOP_KNOWS_NO_TRAINER =
      noClasses()
          .that()
          .resideInAPackage(TRAIN)
          .and()
          .doNotHaveSimpleName("Trainer")
          .should()
          .dependOnClassesThat()
          .haveSimpleName("Trainer");

  @ArchTest
  static final ArchRule STEPS_KNOW_NO_LOOP =
      noClasses()
          .that()
          .haveSimpleName("TrainingStep")
          .or()
          .haveSimpleName("Checkpoints")
          .or()
          .haveSimpleName("Watch")
          .should()
          .dependOnClassesThat()
          .haveSimpleName("TrainingRun");

  @ArchTest
  static final ArchRule CALIBRATION_KNOWS_LAYERS_AND_OBJECTIVES =
      knowsOnly(CALIBRATE, IO, TRAIN, NN, INITIALIZER, ADAPTER, SETTINGS, TENSOR, KERNEL);

  @ArchTest
  static final ArchRule FILES_KNOW_RECORDS_AND_TENSORS = knowsOnly(IO, SETTINGS, TENSOR, KERNEL);

  @ArchTest
  static final ArchRule SPECS_KNOW_METHODS_AND_LAYERS =
      knowsOnly(SPEC, IO, NN, INITIALIZER, ADAPTER, TENSOR, KERNEL);

  @ArchTest
  static final ArchRule STORED_ADAPTERS_ARE_SPECS_AND_TENSORS =
      knowsOnly(STORE, SPEC, IO, NN, INITIALIZER, ADAPTER, TENSOR, KERNEL);

  @ArchTest
  static final ArchRule CONVERSIONS_KNOW_SPECS_AND_LAYERS =
      knowsOnly(CONVERT, SPEC, NN, INITIALIZER, ADAPTER, SETTINGS, TENSOR, KERNEL);

  /** Who writes a method reads one small package, who writes an initializer one more. */
  @ArchTest
  static final ArchRule METHODS_NEED_A_DOZEN_TYPES =
      classes().that().resideInAPackage(ADAPTER).should(haveAtMost(12));

  @ArchTest
  static final ArchRule INITIALIZERS_NEED_EIGHTEEN_MORE =
      classes().that().resideInAPackage(INITIALIZER).should(haveAtMost(18));

  @ArchTest
  static final ArchRule ONLY_FILES_KNOW_JACKSON =
      noClasses()
          .that()
          .resideOutsideOfPackages(IO, STORE)
          .should()
          .dependOnClassesThat()
          .resideInAPackage("com.fasterxml..");

  @ArchTest
  static final ArchRule ENGINES_ARE_GUESTS =
      noClasses()
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage(
              "org.bytedeco.dnnl..",
              "org.bytedeco.openblas..",
              "org.nd4j..",
              "org.peft4j.onednn..",
              "org.peft4j.nd4j..");

  @ArchTest
  static final ArchRule A_BUFFER_KNOWS_NO_LIBRARY =
      classes()
          .that()
          .haveNameMatching("org\\.peft4j\\.kernel\\.(Buffer|Memory|Lifetime|Kernels|KernelSet)")
          .should()
          .onlyDependOnClassesThat()
          .resideInAnyPackage("java..", "org.jspecify..", "org.peft4j.kernel");

  /** What is read to learn what an operation means stands on nothing but the contract. */
  @ArchTest
  static final ArchRule PLAIN_KERNELS_ARE_PLAIN_JAVA =
      classes()
          .that()
          .resideInAPackage("org.peft4j.kernel.plain")
          .should()
          .onlyDependOnClassesThat()
          .resideInAnyPackage(
              "java.lang..",
              "java.util..",
              "org.slf4j..",
              "org.jspecify..",
              "org.peft4j.kernel",
              "org.peft4j.kernel.plain");

  @ArchTest
  static final ArchRule ONLY_THE_PLAIN_KERNELS_ARE_PUBLIC =
      classes()
          .that()
          .resideInAPackage("org.peft4j.kernel.plain")
          .and()
          .doNotHaveSimpleName("PlainKernels")
          .and()
          .doNotHaveSimpleName("PlainKernelSet")
          .should()
          .notBePublic();

  @ArchTest
  static final ArchRule PACKAGES_KNOW_EACH_OTHER_ONE_WAY =
      slices().assignedFrom(new Packages()).should().beFreeOfCycles();

  /** A slice for each package. */
  private static final class Packages implements SliceAssignment {

    @Override
    public SliceIdentifier getIdentifierOf(JavaClass type) {
      return type.getPackageName().startsWith("org.peft4j")
          ? SliceIdentifier.of(type.getPackageName())
          : SliceIdentifier.ignore();
    }

    @Override
    public String getDescription() {
      return "packages";
    }
  }

  /** So many public types beside those inside of them. */
  private static ArchCondition<JavaClass> haveAtMost(int count) {
    return new ArchCondition<>("be at most " + count + " public types") {
      private final List<String> found = new ArrayList<>();

      @Override
      public void check(JavaClass type, ConditionEvents events) {
        boolean inside = type.isNestedClass() || type.getSimpleName().equals("package-info");
        if (type.getModifiers().contains(JavaModifier.PUBLIC) && !inside) {
          found.add(type.getSimpleName());
        }
      }

      @Override
      public void finish(ConditionEvents events) {
        String message = found.size() + " public types: " + found;
        events.add(new SimpleConditionEvent(found, found.size() <= count, message));
      }
    };
  }

  private static ArchRule knowsOnly(String own, String... others) {
    return classes()
        .that()
        .resideInAPackage(own)
        .should()
        .onlyDependOnClassesThat(
            JavaClass.Predicates.resideInAnyPackage(concat(own, others))
                .or(JavaClass.Predicates.resideOutsideOfPackage("org.peft4j..")));
  }

  private static String[] concat(String own, String... others) {
    String[] all = Arrays.copyOf(others, others.length + 1);
    all[others.length] = own;
    return all;
  }
}
