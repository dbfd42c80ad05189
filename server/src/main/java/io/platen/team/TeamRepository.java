package io.platen.team;

import io.platen.database.Queries;
import io.platen.database.Timestamps;
import io.platen.model.Caller;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.jdbi.v3.core.Handle;

/** Teams and keys in the database. */
public final class TeamRepository {
  private static final String KEYS =
      """
      SELECT t.name AS team_name, k.id, k.team_id, k.name, k.read_only, k.dt_created, k.dt_revoked
      FROM api_key k JOIN team t ON t.id = k.team_id""";

  public Optional<Team> findTeam(Handle handle, String name) {
    return find(handle, "name", name);
  }

  public Optional<Team> findTeamById(Handle handle, String id) {
    return find(handle, "id", id);
  }

  private static Optional<Team> find(Handle handle, String column, String value) {
    return handle
        .createQuery("SELECT id, name, dt_created FROM team WHERE " + column + " = :value")
        .bind("value", value)
        .map((row, context) -> team(row))
        .findOne();
  }

  /** All, by name; the owner of what belongs to everyone, with an empty id, is none. */
  public List<Team> listTeams(Handle handle) {
    return handle
        .createQuery("SELECT id, name, dt_created FROM team WHERE id <> '' ORDER BY name")
        .map((row, context) -> team(row))
        .list();
  }

  private static Team team(ResultSet row) throws SQLException {
    return new Team(
        row.getString("id"),
        row.getString("name"),
        Instant.ofEpochMilli(row.getLong("dt_created")));
  }

  public void insertTeam(Handle handle, Team team) {
    handle
        .createUpdate("INSERT INTO team (id, name, dt_created) VALUES (:id, :name, :created)")
        .bind("id", team.id())
        .bind("name", team.name())
        .bind("created", team.dtCreated().toEpochMilli())
        .execute();
  }

  public void insertKey(Handle handle, ApiKey key, String hash) {
    handle
        .createUpdate(
            """
            INSERT INTO api_key (id, team_id, name, hash, read_only, dt_created)
            VALUES (:id, :team, :name, :hash, :read_only, :created)
            """)
        .bind("id", key.id())
        .bind("team", key.teamId())
        .bind("name", key.name())
        .bind("hash", hash)
        .bind("read_only", key.readOnly() ? 1 : 0)
        .bind("created", key.dtCreated().toEpochMilli())
        .execute();
  }

  public boolean revokeKey(Handle handle, String id, Instant now) {
    return handle
            .createUpdate(
                "UPDATE api_key SET dt_revoked = :now WHERE id = :id AND dt_revoked IS NULL")
            .bind("id", id)
            .bind("now", now.toEpochMilli())
            .execute()
        == 1;
  }

  public List<ApiKey> listKeys(Handle handle) {
    return handle
        .createQuery(KEYS + " ORDER BY k.dt_created, k.id")
        .map((row, context) -> key(row))
        .list();
  }

  /** A key, revoked or not. */
  Optional<ApiKey> findKey(Handle handle, String id) {
    return handle
        .createQuery(KEYS + " WHERE k.id = :id")
        .bind("id", id)
        .map((row, context) -> key(row))
        .findOne();
  }

  private static ApiKey key(ResultSet row) throws SQLException {
    return new ApiKey(
        row.getString("id"),
        row.getString("team_id"),
        row.getString("team_name"),
        row.getString("name"),
        row.getInt("read_only") != 0,
        Instant.ofEpochMilli(row.getLong("dt_created")),
        Timestamps.orNull(row, "dt_revoked"));
  }

  /** The holder of a key that is not revoked. */
  public Optional<Caller> findCaller(Queries queries, String hash) {
    return queries.find(
        """
            SELECT k.id, k.team_id, t.name AS team_name, k.read_only
            FROM api_key k JOIN team t ON t.id = k.team_id
            WHERE k.hash = ? AND k.dt_revoked IS NULL
            """,
        List.of(hash),
        row ->
            new Caller(
                row.text("id"),
                row.text("team_id"),
                row.text("team_name"),
                row.number("read_only") != 0));
  }

  public boolean hasTeams(Handle handle) {
    return handle
        .createQuery("SELECT EXISTS (SELECT 1 FROM team WHERE id <> '')")
        .mapTo(Boolean.class)
        .one();
  }
}
