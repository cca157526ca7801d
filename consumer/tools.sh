# What the checks of consumer/run are made of: words, JDKs, Maven, projects.

say() { printf 'consumer %4d s: %s\n' "$SECONDS" "$*"; }
fail() { printf 'consumer: FAILED: %s\n' "$*" >&2; exit 1; }

# The Nth fenced block of a language in README.md, from 1.
readme() {
  awk -v fence="\`\`\`$1" -v wanted="$2" '
    $0 == fence { inside = 1; found++; next }
    /^```/ { inside = 0; next }
    inside && found == wanted' "$root/README.md"
}

# ---- Java ----

java_home() { "$1" -XshowSettings:properties -version 2>&1 | sed -n 's/^ *java\.home = //p'; }
release_of() { sed -n 's/^JAVA_VERSION="\([0-9]*\).*/\1/p' "$1/release"; }

# The JDK in use, and one of another release that lies beside it, or that PEFT4J_OTHER_JAVA_HOME names.
jdks() {
  local first other release
  first="$(java_home "${JAVA_HOME:+$JAVA_HOME/bin/}java")"
  echo "$first"
  for other in "${PEFT4J_OTHER_JAVA_HOME:-}" "$(dirname "$first")"/*; do
    if [ -x "$other/bin/javac" ] && [ -f "$other/release" ]; then
      release="$(release_of "$other")"
      if [ "${release:-0}" -ge 17 ] && [ "$release" != "$(release_of "$first")" ]; then
        echo "$other"
        return
      fi
    fi
  done
}

# Runs a program with a JDK and puts what it writes into run.log and error.log.
run_java() {
  local home="$1"
  shift
  local options=(-Xmx1g -Duser.language=en)
  if [ "$(release_of "$home")" -ge 24 ]; then
    options+=(--enable-native-access=ALL-UNNAMED --sun-misc-unsafe-memory-access=allow)
  fi
  "$home/bin/java" "${options[@]}" "$@" > run.log 2> error.log
}

# The same, where it has to succeed.
must_run() {
  local name="$1"
  shift
  run_java "$@" || { cat run.log error.log >&2; fail "$name"; }
}

# ---- Maven ----

maven() { mvn -B -q -Dstyle.color=never -gs "$settings" "-Dmaven.repo.local=$repository" "$@"; }

repository_entry() {
  cat <<XML
        <$1><id>$2</id><url>file://$3</url>
          <releases><enabled>true</enabled></releases>
          <snapshots><enabled>$4</enabled><updatePolicy>always</updatePolicy></snapshots>
        </$1>
XML
}

# Artifacts come from the folder they were published to, from what this machine has fetched before, and from Maven Central.
write_settings() {
  local known="${PEFT4J_KNOWN_REPOSITORY:-$HOME/.m2/repository}"
  cat > "$settings" <<XML
<settings>
  <profiles>
    <profile>
      <id>consumer</id>
      <repositories>
$(repository_entry repository published "$published" true)
$(repository_entry repository known "$known" false)
      </repositories>
      <pluginRepositories>
$(repository_entry pluginRepository known "$known" false)
      </pluginRepositories>
    </profile>
  </profiles>
  <activeProfiles><activeProfile>consumer</activeProfile></activeProfiles>
</settings>
XML
}

publish() {
  say "publishing the modules"
  rm -rf "$published" "$repository/org/peft4j"
  (cd "$root" && mvn -B -q -Dstyle.color=never -DskipTests -Dspotless.check.skip -Dmaven.install.skip \
    "-DaltDeploymentRepository=consumer::file://$published" -pl .,peft-bom,peft-core,peft-onednn,peft-nd4j,peft-adapters,peft-init,peft-transformers,peft-listeners,peft-cpu deploy)
}

# Compiles the project of this folder and writes its run-time class path to classpath.txt and its artifacts to artifacts.txt.
build() {
  maven "$@" compile $dependency:build-classpath -Dmdep.outputFile=classpath.txt $dependency:list -DoutputFile=artifacts.txt \
    -Dmdep.includeScope=runtime -DincludeScope=runtime > build.log 2>&1
}

must_build() { build "$@" || { cat build.log >&2; fail "$PWD does not build"; }; }

# Where something of others, which the first argument matches, cannot be had here, there is nothing to check: says so and fails.
builds_with() {
  local others="$1"
  shift
  if build "$@"; then return; fi
  if grep -E 'Could not (find artifact|transfer|resolve)|Non-resolvable|[Oo]ffline|Unresolveable' build.log | grep -qE "$others"; then
    say "SKIPPED: $(basename "$PWD"), as $others cannot be had here: $(grep -m 1 -oE '(Could not|Non-resolvable)[^(]{0,160}' build.log)"
    return 1
  fi
  cat build.log >&2
  fail "$PWD does not build"
}

# The starter itself is a POM, which is on no path.
libraries() { tr ':' '\n' < classpath.txt | grep -v '\.pom$' | paste -sd ':' -; }
class_path() { echo "target/classes:$(libraries)"; }

# The artifacts and versions that a BOM manages, one a line.
managed_by() {
  cat > "$work/$1.pom" <<XML
<project><modelVersion>4.0.0</modelVersion><groupId>com.example</groupId><artifactId>managed</artifactId><version>1</version><packaging>pom</packaging>
<dependencyManagement><dependencies><dependency><groupId>org.peft4j</groupId><artifactId>$1</artifactId><version>$version</version>
<type>pom</type><scope>import</scope></dependency></dependencies></dependencyManagement></project>
XML
  maven -f "$work/$1.pom" org.apache.maven.plugins:maven-help-plugin:3.5.1:effective-pom "-Doutput=$work/$1.effective.xml" >&2
  awk -F'[<>]' '/<dependencyManagement>/ { on = 1 } /<exclusions>/ { off = 1 } /<\/exclusions>/ { off = 0; next } !on || off { next }
    $2 == "groupId" { g = $3 } $2 == "artifactId" { a = $3 } $2 == "version" { v = $3 }
    $2 == "/dependency" { print g ":" a, v }' "$work/$1.effective.xml" | sort -u
}

# Publishes a BOM that lacks the entries of which some line matches, under another name.
publish_without() {
  local name="peft-bom-without-$1" folder
  folder="$repository/org/peft4j/$name/$version"
  mkdir -p "$folder"
  awk -v pattern="$2" '/<dependency>/ { held = ""; holding = 1; drop = 0 } holding { held = held $0 "\n"; if ($0 ~ pattern) drop = 1 }
    /<\/dependency>/ { if (!drop) printf "%s", held; holding = 0; next } !holding' "$root/peft-bom/pom.xml" \
    | sed "0,/<artifactId>peft-bom</s//<artifactId>$name</" > "$folder/$name-$version.pom"
}

# ---- projects ----

# An empty project with the README's POM and programs.
project() {
  rm -rf "${work:?}/$1"
  mkdir -p "$work/$1/src/main/java"
  cd "$work/$1"
  readme xml 1 > pom.xml
  readme java 1 > src/main/java/FineTuneStories.java
  {
    readme java 2 | grep '^import '
    readme java 1 | grep -v 'model.adapt(' | sed 's/FineTuneStories/StartFromData/' \
      | awk -v snippet="$(readme java 2 | grep -v '^import ')" '/model.train\(/ { print snippet } { print }'
  } > src/main/java/StartFromData.java
}

# Lines of standard input go before or after the first line of pom.xml that matches.
insert() {
  local text
  text="$(cat)"
  awk -v text="$text" -v place="$1" -v pattern="$2" '
    !done && $0 ~ pattern { done = 1; if (place == "before") print text; print; if (place == "after") print text; next } { print }
    END { exit !done }' pom.xml > pom.new || fail "the POM of the README has no $2"
  mv pom.new pom.xml
}

# Reads group, artifact and, where it is not managed, version.
insert_first_dependency() {
  insert after '^  <dependencies>' <<XML
    <dependency>
      <groupId>$1</groupId>
      <artifactId>$2</artifactId>
      ${3:+<version>$3</version>}
    </dependency>
XML
}

# A module of one program, in the folder modular, with what it requires.
module_of() {
  local source="$1" required
  shift
  rm -rf modular
  mkdir -p modular/src/stories
  sed '1i package stories;' "$source" > "modular/src/stories/$(basename "$source")"
  { echo 'module stories {'; for required in "$@"; do echo "  requires $required;"; done; echo '}'; } > modular/src/module-info.java
}

compile_module() { rm -rf modular/classes; "$1/bin/javac" -p "$2" -d modular/classes modular/src/module-info.java modular/src/stories/*.java; }

# Sixty-four texts of three phrases each.
write_texts() {
  awk 'NF && !/[#\[{"\\]/ { phrases[++n] = $0 }
    END { for (i = 1; i <= 64; i++) { text = "Day " i " at sea."
      for (j = 0; j < 3; j++) text = text " " phrases[1 + (7 * i + 31 * j) % n] "."
      printf "{\"text\": \"%s\"}\n", text } }' "$tiny/log.txt" > "$texts"
}
