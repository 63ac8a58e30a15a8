/**
 * A lease key outlives its lease by this time, so that a late commit can be accepted if no other process took the lease, and rejected
 * otherwise. The remaining life of the key shows whether the lease still runs, by the clock of Redis alone.
 */
export const leaseGraceMs = 10_000

/** KEYS: lease. ARGV: holder, life of the key (lease and grace), grace. Returns 1 if taken or renewed. */
export const takeScript = `
local holder = redis.call('GET', KEYS[1])
if holder and holder ~= ARGV[1] and redis.call('PTTL', KEYS[1]) > tonumber(ARGV[3]) then return 0 end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return 1`

/** KEYS: lease, record. ARGV: holder, value, expiry or '', channel, message. Returns 1 if written. */
export const commitScript = `
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[2], ARGV[2])
if ARGV[3] ~= '' then redis.call('PEXPIREAT', KEYS[2], ARGV[3]) end
redis.call('DEL', KEYS[1])
redis.pcall('PUBLISH', ARGV[4], ARGV[5])
return 1`

/** KEYS: lease. ARGV: holder. */
export const releaseScript = `
if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end
return 0`

/** KEYS: record. ARGV: value, expiry or '', channel, message. */
export const setScript = `
redis.call('SET', KEYS[1], ARGV[1])
if ARGV[2] ~= '' then redis.call('PEXPIREAT', KEYS[1], ARGV[2]) end
redis.pcall('PUBLISH', ARGV[3], ARGV[4])
return 1`
