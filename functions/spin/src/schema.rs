//! The tables, made by the first statement that misses them.
//!
//! Everything that must happen together is one statement: a row inserted into a view whose trigger does the work.
//! A statement is a transaction of its own on SQLite and on libSQL alike, so no lock outlives a request that was
//! dropped half way, a commit is one round trip to a distant database, and `BEGIN` is never needed. A trigger
//! is created whole or not at all; a view without its trigger refuses inserts, which the caller takes for a missing
//! table, so a creation that was cut off is finished by the next statement.

/// In the order of their creation; all may be run again.
pub const STATEMENTS: &[&str] = &[
    "CREATE TABLE IF NOT EXISTS kv_partition (
        partition TEXT PRIMARY KEY, revision INTEGER NOT NULL
    ) WITHOUT ROWID",
    "CREATE TABLE IF NOT EXISTS kv_record (
        partition TEXT NOT NULL, key TEXT NOT NULL, value BLOB NOT NULL, version INTEGER NOT NULL,
        expires_at INTEGER, PRIMARY KEY (partition, key)
    )",
    "CREATE INDEX IF NOT EXISTS kv_expiry ON kv_record (expires_at) WHERE expires_at IS NOT NULL",
    // `at` is the time now for a check, the time of expiry for a put.
    "CREATE VIEW IF NOT EXISTS kv_commit (op, partition, key, value, version, at) AS
        SELECT NULL, NULL, NULL, NULL, NULL, NULL WHERE 0",
    "CREATE TRIGGER IF NOT EXISTS kv_commit_apply INSTEAD OF INSERT ON kv_commit BEGIN
        INSERT INTO kv_partition SELECT NEW.partition, 1 WHERE NEW.op = 'begin'
            ON CONFLICT (partition) DO UPDATE SET revision = revision + 1;
        SELECT RAISE(ABORT, 'edgewise: conflict') WHERE NEW.op = 'check' AND (
            SELECT version FROM kv_record WHERE partition = NEW.partition AND key = NEW.key
                AND (expires_at IS NULL OR expires_at > NEW.at)
        ) IS NOT NEW.version;
        INSERT INTO kv_record
            SELECT NEW.partition, NEW.key, NEW.value, revision, NEW.at
                FROM kv_partition WHERE NEW.op = 'put' AND partition = NEW.partition
            ON CONFLICT (partition, key) DO UPDATE SET
                value = excluded.value, version = excluded.version, expires_at = excluded.expires_at;
        DELETE FROM kv_record WHERE NEW.op = 'delete' AND partition = NEW.partition AND key = NEW.key;
        DELETE FROM kv_record WHERE NEW.op = 'clear' AND partition = NEW.partition;
    END",
    "CREATE TABLE IF NOT EXISTS blob (
        name TEXT PRIMARY KEY, content TEXT NOT NULL, size INTEGER NOT NULL
    ) WITHOUT ROWID",
    "CREATE TABLE IF NOT EXISTS blob_chunk (
        content TEXT NOT NULL, n INTEGER NOT NULL, data BLOB NOT NULL, PRIMARY KEY (content, n)
    )",
    // Contents that are being written, so that a crash leaves nothing behind for good.
    "CREATE TABLE IF NOT EXISTS blob_pending (
        content TEXT PRIMARY KEY, since INTEGER NOT NULL
    ) WITHOUT ROWID",
    "CREATE VIEW IF NOT EXISTS blob_swap (name, content, size) AS SELECT NULL, NULL, NULL WHERE 0",
    // `content` NULL removes the blob.
    "CREATE TRIGGER IF NOT EXISTS blob_swap_apply INSTEAD OF INSERT ON blob_swap BEGIN
        DELETE FROM blob_chunk WHERE content = (SELECT content FROM blob WHERE name = NEW.name);
        DELETE FROM blob WHERE name = NEW.name;
        INSERT INTO blob SELECT NEW.name, NEW.content, NEW.size WHERE NEW.content IS NOT NULL;
        DELETE FROM blob_pending WHERE content = NEW.content;
    END",
    "CREATE TABLE IF NOT EXISTS queue_job (
        id TEXT PRIMARY KEY, topic TEXT NOT NULL, body BLOB NOT NULL, attempt INTEGER NOT NULL,
        ready_at INTEGER NOT NULL, lease TEXT, leased_until INTEGER NOT NULL, again INTEGER NOT NULL
    )",
    "CREATE INDEX IF NOT EXISTS queue_ready ON queue_job (ready_at)",
    "CREATE TABLE IF NOT EXISTS timer_alarm (
        name TEXT PRIMARY KEY, at INTEGER NOT NULL, id TEXT NOT NULL, topic TEXT NOT NULL,
        body BLOB NOT NULL, delay INTEGER NOT NULL
    )",
    "CREATE INDEX IF NOT EXISTS timer_due ON timer_alarm (at)",
    "CREATE VIEW IF NOT EXISTS timer_fire (now) AS SELECT NULL WHERE 0",
    // A job of the same id that waits is replaced; one that is being worked on comes once more.
    "CREATE TRIGGER IF NOT EXISTS timer_fire_apply INSTEAD OF INSERT ON timer_fire BEGIN
        INSERT INTO queue_job
            SELECT id, topic, body, 0, NEW.now + delay, NULL, 0, 0 FROM timer_alarm WHERE at <= NEW.now
            ON CONFLICT (id) DO UPDATE SET
                topic = excluded.topic, body = excluded.body, ready_at = excluded.ready_at,
                attempt = 0, again = (leased_until > NEW.now);
        DELETE FROM timer_alarm WHERE at <= NEW.now;
    END",
    "CREATE TABLE IF NOT EXISTS cache_entry (
        key TEXT PRIMARY KEY, expires_at INTEGER NOT NULL
    ) WITHOUT ROWID",
    "CREATE INDEX IF NOT EXISTS cache_expiry ON cache_entry (expires_at)",
];

/// What the trigger says when a condition of a commit does not hold.
pub const CONFLICT: &str = "edgewise: conflict";
