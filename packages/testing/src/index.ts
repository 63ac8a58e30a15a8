export { chaosCache, type CacheOperation, type ChaosCache, type ChaosOptions, type ChaosPlan } from './chaos-cache.js'
export { testClock, type RunUntilOptions, type TestClock, type TestClockOptions } from './clock/test-clock.js'
