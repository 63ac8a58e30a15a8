import { recordTable } from './driver.js'

/**
 * What a database needs besides Keyv's own table, one statement each.
 *
 * A commit is an update of the view `lingpai_commit`: its trigger writes Keyv's row and ends the lease within the one statement
 * that found the lease, so there is no moment at which a kill or another query could come in between.
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
  // One row for each record: the number of its last change, and when it may be forgotten. Written with the record itself.
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

/** When the entry in a text ends; null where it does not, or cannot be read. */
function endOf(text: string): string {
  return `CASE WHEN json_valid(${text}) THEN json_extract(${text}, '$.expiresAtMs') END`
}

/** Records of a database that was written before changes were noted. Gives a row if there is one. */
export const hasUnnoted = `SELECT 1 FROM ${recordTable} WHERE key NOT IN (SELECT key FROM lingpai_change) LIMIT 1`

/** Notes them. */
export const noteRest = `INSERT INTO lingpai_change (key, ends_ms)
  SELECT key, ${endOf('value')} FROM ${recordTable} WHERE key NOT IN (SELECT key FROM lingpai_change)`

/** The number of the last change, in one row. */
export const lastRevision = `SELECT coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'lingpai_change'), 0) AS revision`

/** `?1` a number. The records that were written since. */
export const changedSince = `SELECT value FROM ${recordTable}
  WHERE key IN (SELECT key FROM lingpai_change WHERE revision > ?1)`

const clockMs = `coalesce(?1, CAST(unixepoch('subsec') * 1000 AS INTEGER))`
/** One write forgets so many at most. */
const mostForgotten = 32
/** A holder that was stopped may still commit when its lease has run out. */
const leaseGraceMs = 60_000

/** `?1` now or null. One statement, so that a record that is just being renewed is either found renewed or written again. */
export const forgetEnded = `DELETE FROM ${recordTable} WHERE key IN (
    SELECT key FROM lingpai_change WHERE ends_ms <= ${clockMs}
      AND NOT EXISTS (SELECT 1 FROM lingpai_lease WHERE lingpai_lease.key = lingpai_change.key)
    ORDER BY ends_ms LIMIT ${mostForgotten})`

/** `?1` now or null. */
export const forgetLeases = `DELETE FROM lingpai_lease WHERE key IN (
    SELECT key FROM lingpai_lease WHERE until_ms + ${leaseGraceMs} <= ${clockMs} LIMIT ${mostForgotten})`

/**
 * `?1` key, `?2` holder, `?3` ttl, `?4` now or null. Gives a row if the lease is now the holder's.
 *
 * SQLite reads the clock once it has the write lock: a process that was stopped between looking at the clock and taking would
 * otherwise judge a lease by an old time. A lease that would last longer than twice what was asked for was written before the
 * clock was set back, and counts as run out: a dead holder is not to block everybody for as long as the clock jumped.
 */
export const takeLease = `INSERT INTO lingpai_lease (key, holder, until_ms, ttl_ms)
  SELECT ?1, ?2, now + ?3, ?3 FROM (SELECT coalesce(?4, CAST(unixepoch('subsec') * 1000 AS INTEGER)) AS now) WHERE true
  ON CONFLICT (key) DO UPDATE SET holder = excluded.holder, until_ms = excluded.until_ms, ttl_ms = excluded.ttl_ms
  WHERE holder = excluded.holder
    OR until_ms <= excluded.until_ms - excluded.ttl_ms
    OR until_ms - (excluded.until_ms - excluded.ttl_ms) > 2 * ttl_ms
  RETURNING key`

/** `?1` text, `?2` key, `?3` holder. Gives a row if it was written and the lease has ended. */
export const commitLease = `UPDATE lingpai_commit SET value = ?1 WHERE key = ?2 AND holder = ?3 RETURNING key`

/** `?1` key, `?2` holder. */
export const releaseLease = `DELETE FROM lingpai_lease WHERE key = ?1 AND holder = ?2`
