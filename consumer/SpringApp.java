import org.springframework.boot.CommandLineRunner;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.SpringBootConfiguration;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.context.annotation.Bean;

/** The program of the README inside a Spring Boot application; without a package there is nothing to scan. */
@SpringBootConfiguration
@EnableAutoConfiguration
public class SpringApp {

  public static void main(String... arguments) {
    SpringApplication.run(SpringApp.class, arguments).close();
  }

  @Bean
  CommandLineRunner fineTune() {
    return FineTuneStories::main;
  }
}
