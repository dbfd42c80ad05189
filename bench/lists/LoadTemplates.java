import io.platen.model.Ids;
import io.platen.model.ObjectName;
import io.platen.config.DataDirectory;
import io.platen.database.Database;
import java.nio.file.Path;
import java.util.Random;
import java.util.UUID;

/**
 * Fills a data directory's database with templates that have no disks, for measuring lists.
 *
 * <p>usage: LoadTemplates DATA TEAM COUNT [JDBC-URL]
 */
final class LoadTemplates {
  private static final String[] WORDS = {
    "ubuntu", "debian", "fedora", "build", "gpu", "desktop", "render", "ci", "train", "web", "db",
    "cache", "nightly", "golden", "base", "dev", "staging", "prod", "lab", "edge"
  };
  private static final int BATCH = 10_000;

  public static void main(String[] args) throws Exception {
    var data = new DataDirectory(Path.of(args[0]));
    String url = args.length > 3 ? args[3] : Database.sqliteUrl(data.database());
    int count = Integer.parseInt(args[2]);
    var random = new Random(count);
    try (var database = Database.open(url)) {
      String team =
          database.read(
              handle ->
                  handle
                      .createQuery("SELECT id FROM team WHERE name = :name")
                      .bind("name", args[1])
                      .mapTo(String.class)
                      .one());
      String[] machines = new String[Math.max(1, count / 1000)];
      for (int i = 0; i < machines.length; i++) {
        machines[i] = Ids.machine();
      }
      long created = System.currentTimeMillis() - count * 10L;
      for (int done = 0; done < count; done += BATCH) {
        int from = done;
        database.change(
            handle -> {
              var batch =
                  handle.prepareBatch(
                      """
                      INSERT INTO template (id, team_id, parent_machine_id, name, name_folded, state, agent_type, os_label,
                        region, architecture, firmware, disk_bytes, index_digest, dt_created)
                      VALUES (:id, :team, :machine, :name, :folded, 'available', 'LinuxHeadless', 'Linux',
                        'ny2', 'x86_64', 'bios', 4294967296, :digest, :created)
                      """);
              for (int i = from; i < Math.min(count, from + BATCH); i++) {
                String name =
                    WORDS[random.nextInt(WORDS.length)] + "-" + WORDS[random.nextInt(WORDS.length)] + " "
                        + Integer.toString(random.nextInt(1 << 30), 36)
                        + (i == count / 3 ? " Needle ~#" : "");
                batch
                    .bind("id", Ids.template())
                    .bind("team", team)
                    .bind("machine", machines[random.nextInt(machines.length)])
                    .bind("name", name)
                    .bind("folded", ObjectName.fold(name))
                    .bind("digest", UUID.randomUUID().toString().replace("-", ""))
                    .bind("created", created + i * 10L)
                    .add();
              }
              batch.execute();
            });
      }
      // As autovacuum does on PostgreSQL, sooner or later.
      database.change(handle -> handle.execute("ANALYZE template"));
      System.out.println(machines[0]);
    }
  }
}
