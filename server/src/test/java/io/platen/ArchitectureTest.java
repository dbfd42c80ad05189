package io.platen;

import static com.tngtech.archunit.base.DescribedPredicate.alwaysTrue;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.belongToAnyOf;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideOutsideOfPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.core.importer.Location;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;
import io.platen.chunkstore.ChunkDirectory;
import io.platen.chunkstore.FileChunkStore;
import io.platen.chunkstore.FileDocumentStore;
import io.platen.chunkstore.FileDumpStore;
import io.platen.chunkstore.FileIndexStore;
import io.platen.config.DataDirectory;

/** The edges between packages and layers, as docs/architecture.md has them. */
@AnalyzeClasses(
    packages = "io.platen",
    importOptions = {ImportOption.DoNotIncludeTests.class, ArchitectureTest.NoTestJars.class})
final class ArchitectureTest {
  /** The contract of the stores comes in a jar, where it does not look like tests. */
  static final class NoTestJars implements ImportOption {
    @Override
    public boolean includes(Location location) {
      return !location.contains("-tests.jar");
    }
  }

  private static final String[] OUTSIDE = {
    "java..", "jdk..", "org.jspecify..", "org.jboss.logging..", "com.google.errorprone.."
  };

  @ArchTest
  static final ArchRule theStoreKnowsNothingOfTheServer =
      classes()
          .that()
          .resideInAPackage("io.platen.chunkstore..")
          .should()
          .onlyDependOnClassesThat(
              resideInAnyPackage("io.platen.chunkstore..", "com.github.luben.zstd..")
                  .or(resideInAnyPackage(OUTSIDE)));

  @ArchTest
  static final ArchRule theStoreInABucketKnowsTheStoreAndTheSdk =
      classes()
          .that()
          .resideInAPackage("io.platen.s3store..")
          .should()
          .onlyDependOnClassesThat(
              resideInAnyPackage(
                      "io.platen.s3store..",
                      "io.platen.chunkstore..",
                      "software.amazon.awssdk..",
                      "javax.net.ssl..")
                  .or(resideInAnyPackage(OUTSIDE)));

  @ArchTest
  static final ArchRule whatIsDoneToEveryStoreKnowsNoFilesAndNoStore =
      noClasses()
          .that()
          .resideInAPackage("io.platen.chunkstore")
          .and()
          .haveNameMatching(
              ".*\\.(StoredChunks|ChunkStore|ChunkSource|StoreSession|StoreMaintenance|IndexRoots?"
                  + "|RootWalk|Verifier|Accounting|ChunkSample|PublishedImage|ImageWriter|ImageCopy"
                  + "|CaptureRun)(\\$.*)?")
          .should()
          .dependOnClassesThat(
              resideInAnyPackage("java.nio.file..")
                  .or(
                      belongToAnyOf(
                          ChunkDirectory.class,
                          FileChunkStore.class,
                          FileIndexStore.class,
                          FileDocumentStore.class)));

  @ArchTest
  static final ArchRule onlyASiteKnowsWhatAStoreIsMadeOf =
      noClasses()
          .that()
          .resideOutsideOfPackages("io.platen.chunkstore..", "io.platen.site..")
          .should()
          .dependOnClassesThat(
              belongToAnyOf(
                  ChunkDirectory.class,
                  FileChunkStore.class,
                  FileIndexStore.class,
                  FileDumpStore.class,
                  FileDocumentStore.class));

  @ArchTest
  static final ArchRule nothingElseLooksIntoTheDirectoryOfAStore =
      noClasses()
          .that()
          .resideOutsideOfPackages("io.platen.config..", "io.platen.site..", "io.platen.node..")
          .should()
          .callMethod(DataDirectory.class, "store")
          .orShould()
          .callMethod(DataDirectory.class, "indexes")
          .orShould()
          .callMethod(DataDirectory.class, "dumps");

  @ArchTest
  static final ArchRule theUpkeepKnowsNoFiles =
      noClasses()
          .that()
          .resideInAPackage("io.platen.upkeep..")
          .should()
          .dependOnClassesThat(
              resideInAnyPackage("java.nio.file..").or(belongToAnyOf(DataDirectory.class)));

  @ArchTest
  static final ArchRule theNbdClientKnowsNothingButTheJdk =
      classes()
          .that()
          .resideInAPackage("io.platen.nbd..")
          .should()
          .onlyDependOnClassesThat(
              resideInAnyPackage("io.platen.nbd..").or(resideInAnyPackage(OUTSIDE)));

  @ArchTest
  static final ArchRule theCommandsOverHttpKnowNothingOfTheServer =
      classes()
          .that()
          .resideInAPackage("io.platen.client..")
          .should()
          .onlyDependOnClassesThat(
              resideInAnyPackage(
                      "io.platen.client..", "picocli..", "com.fasterxml.jackson..", "javax.net..")
                  .or(resideInAnyPackage(OUTSIDE)));

  @ArchTest
  static final ArchRule packagesFormNoCycle =
      slices().matching("io.platen.(*)..").should().beFreeOfCycles();

  @ArchTest
  static final ArchRule onlyTheEdgeKnowsNettyAndVertx =
      noClasses()
          .that()
          .resideOutsideOfPackage("io.platen.http..")
          .should()
          .dependOnClassesThat(resideInAnyPackage("io.netty..", "io.vertx.."));

  @ArchTest
  static final ArchRule processesAreStartedInOnePlace =
      noClasses()
          .that()
          // The commands over HTTP know nothing of the server, and run a person's own ssh.
          .resideOutsideOfPackages("io.platen.process..", "io.platen.client..")
          .should()
          .dependOnClassesThat(belongToAnyOf(Process.class, ProcessBuilder.class));

  @ArchTest
  static final ArchRule servicesAndRepositoriesKnowNothingOfHttp =
      noClasses()
          .that()
          .haveNameMatching(".*(Service|Repository)")
          .and(resideOutsideOfPackage("io.platen.rest.."))
          .should()
          .dependOnClassesThat(
              resideInAnyPackage("io.platen.rest..", "io.platen.http..", "jakarta.ws.rs.."));

  @ArchTest
  static final ArchRule machinesKnowNoTemplates =
      noClasses()
          .that()
          .resideInAPackage("io.platen.machine..")
          .should()
          .dependOnClassesThat(resideInAnyPackage("io.platen.template.."));

  @ArchTest
  static final ArchRule disksKnowNoFeature =
      noClasses()
          .that()
          .resideInAPackage("io.platen.disk..")
          .should()
          .dependOnClassesThat(
              resideInAnyPackage(
                  "io.platen.rest..",
                  "io.platen.http..",
                  "io.platen.template..",
                  "io.platen.machine..",
                  "io.platen.event..",
                  "io.platen.team..",
                  "io.platen.capture..",
                  "io.platen.launch..",
                  "io.platen.database..",
                  "io.platen.cli.."));

  @ArchTest
  static final ArchRule theHypervisorKnowsNeitherHttpNorSqlNorFeatures =
      noClasses()
          .that()
          .resideInAnyPackage("io.platen.hypervisor..", "io.platen.identity..")
          .should()
          .dependOnClassesThat(
              resideInAnyPackage(
                  "jakarta.ws.rs..",
                  "io.vertx..",
                  "org.jdbi..",
                  "java.sql..",
                  "io.platen.rest..",
                  "io.platen.http..",
                  "io.platen.database..",
                  "io.platen.template..",
                  "io.platen.machine..",
                  "io.platen.event..",
                  "io.platen.team..",
                  "io.platen.cli.."));

  @ArchTest
  static final ArchRule captureAndLaunchKnowNeitherHttpNorSqlNorFeatures =
      noClasses()
          .that()
          .resideInAnyPackage("io.platen.capture..", "io.platen.launch..")
          .should()
          .dependOnClassesThat(
              resideInAnyPackage(
                  "jakarta.ws.rs..",
                  "io.vertx..",
                  "org.jdbi..",
                  "java.sql..",
                  "io.platen.rest..",
                  "io.platen.http..",
                  "io.platen.database..",
                  "io.platen.template..",
                  "io.platen.machine..",
                  "io.platen.event..",
                  "io.platen.team..",
                  "io.platen.cli.."));

  @ArchTest
  static final ArchRule theCommandLineIsUsedByNoFeature =
      noClasses()
          .that()
          .resideOutsideOfPackages("io.platen", "io.platen.cli..")
          .should()
          .dependOnClassesThat(resideInAnyPackage("io.platen.cli.."));

  @ArchTest
  static final ArchRule servicesKnowNoResources =
      noClasses()
          .that()
          .haveSimpleNameEndingWith("Service")
          .should()
          .dependOnClassesThat()
          .haveSimpleNameEndingWith("Resource");

  @ArchTest
  static final ArchRule repositoriesKnowNeitherServicesNorResources =
      noClasses()
          .that()
          .haveSimpleNameEndingWith("Repository")
          .should()
          .dependOnClassesThat()
          .haveNameMatching(".*(Service|Resource)");

  @ArchTest
  static final ArchRule resourcesUseNoRepositories =
      noClasses()
          .that()
          .haveSimpleNameEndingWith("Resource")
          .should()
          .dependOnClassesThat()
          .haveSimpleNameEndingWith("Repository");

  @ArchTest
  static final ArchRule nothingIsCalledUtil =
      noClasses()
          .that(alwaysTrue())
          .should()
          .haveNameMatching("(?i).*\\b(util|utils|helper|manager)\\b.*")
          .orShould()
          .haveSimpleNameEndingWith("Util")
          .orShould()
          .haveSimpleNameEndingWith("Utils");
}
