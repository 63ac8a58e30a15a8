import { recordTable } from './driver.js'

/**
 * The schema besides Keyv's own table, one statement each.
 *
 * A commit is an update of the view `lingpai_commit`: its trigger writes Keyv's row and ends the lease within the statement that found
 * the lease, so neither a crash nor another query can happen in between.
 */
export const schema: readonly string[] = [
  `CREATE TABLE IF NOT EXISTS lingpai_lease (
    key TEXT PRIMARY KEY, holder TEXT NOT NULL, until_ms INTEGER NOT NULL, ttl_ms INTEGER NOT NULL
  ) WITHOUT ROWID`,
  `CREATE VIEW IF NOT EXISTS lingpai_commit AS SELECT key, holder, '' AS value FROM lingpai_lease`,
  `CREATE TRIGGER IF NOT EXISTS lingpai_commit_update INSTEAD OF UPDATE ON lingpai_commit BEGIN
    INSERT INTO ${recordTable} (key, value) VALUES (NEW.key, NEW.value)
      ON CONFLICT (key) DO UPDATE SET value = excluded.value;
    DELETE FROM lingpai_lease WHERE key = OLD.key;
  END`,
  // One row per record: the number of its last change, and when it may be removed. Written together with the record.
  `CREATE TABLE IF NOT EXISTS lingpai_change (
    revision INTEGER PRIMARY KEY AUTOINCREMENT, key TEXT NOT NULL UNIQUE, ends_ms INTEGER
  )`,
  `CREATE INDEX IF NOT EXISTS lingpai_change_ends ON lingpai_change (ends_ms)`,
  ...['INSERT', 'UPDATE'].map(
    (
      event,
    ) => `CREATE TRIGGER IF NOT EXISTS lingpai_change_${event.toLowerCase()} AFTER ${event} ON ${recordTable} BEGIN
    DELETE FROM lingpai_change WHERE key = NEW.key;
    INSERT INTO lingpai_change (key, ends_ms) VALUES (NEW.key, ${endOf('NEW.value')});
  END`,
  ),
  `CREATE TRIGGER IF NOT EXISTS lingpai_change_delete AFTER DELETE ON ${recordTable} BEGIN
    DELETE FROM lingpai_change WHERE key = OLD.key;
  END`,
]

/** SQL for the expiry of the entry in a text; null if it has none or is malformed. */
function endOf(text: string): string {
  return `CASE WHEN json_valid(${text}) THEN json_extract(${text}, '$.expiresAtMs') END`
}

/** Selects records of a database that was written before changes were recorded; returns a row if there is one. */
export const hasUnnoted = `SELECT 1 FROM ${recordTable} WHERE key NOT IN (SELECT key FROM lingpai_change) LIMIT 1`

/** Records their changes. */
export const noteRest = `INSERT INTO lingpai_change (key, ends_ms)
  SELECT key, ${endOf('value')} FROM ${recordTable} WHERE key NOT IN (SELECT key FROM lingpai_change)`

/** Selects the number of the last change. */
export const lastRevision = `SELECT coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'lingpai_change'), 0) AS revision`

/** `?1` a number. Selects the records written since. */
export const changedSince = `SELECT value FROM ${recordTable}
  WHERE key IN (SELECT key FROM lingpai_change WHERE revision > ?1)`

const clockMs = `coalesce(?1, CAST(unixepoch('subsec') * 1000 AS INTEGER))`
/** Maximum number of records that one write removes. */
const mostForgotten = 32
/** A suspended holder may still commit after its lease has expired. */
const leaseGraceMs = 60_000

/** `?1` now or null. One statement, so that a record that is being renewed is either found renewed or written again. */
export const forgetEnded = `DELETE FROM ${recordTable} WHERE key IN (
    SELECT key FROM lingpai_change WHERE ends_ms <= ${clockMs}
      AND NOT EXISTS (SELECT 1 FROM lingpai_lease WHERE lingpai_lease.key = lingpai_change.key)
    ORDER BY ends_ms LIMIT ${mostForgotten})`

/** `?1` now or null. */
export const forgetLeases = `DELETE FROM lingpai_lease WHERE key IN (
    SELECT key FROM lingpai_lease WHERE until_ms + ${leaseGraceMs} <= ${clockMs} LIMIT ${mostForgotten})`

/**
 * `?1` key, `?2` holder, `?3` ttl, `?4` now or null. Returns a row if the holder has the lease.
 *
 * SQLite reads the clock after it has the write lock; otherwise a process that was suspended between reading the clock and taking the
 * lease would judge a lease by an old time. A lease that would last longer than twice its requested duration was written before the
 * clock was set back, and counts as expired: a dead holder must not block all others for the length of the clock jump.
 */
export const takeLease = `INSERT INTO lingpai_lease (key, holder, until_ms, ttl_ms)
  SELECT ?1, ?2, now + ?3, ?3 FROM (SELECT coalesce(?4, CAST(unixepoch('subsec') * 1000 AS INTEGER)) AS now) WHERE true
  ON CONFLICT (key) DO UPDATE SET holder = excluded.holder, until_ms = excluded.until_ms, ttl_ms = excluded.ttl_ms
  WHERE holder = excluded.holder
    OR until_ms <= excluded.until_ms - excluded.ttl_ms
    OR until_ms - (excluded.until_ms - excluded.ttl_ms) > 2 * ttl_ms
  RETURNING key`

/** `?1` text, `?2` key, `?3` holder. Returns a row if the record was written and the lease has ended. */
export const commitLease = `UPDATE lingpai_commit SET value = ?1 WHERE key = ?2 AND holder = ?3 RETURNING key`

/** `?1` key, `?2` holder. */
export const releaseLease = `DELETE FROM lingpai_lease WHERE key = ?1 AND holder = ?2`
