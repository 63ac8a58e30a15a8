export { testClock, type RunUntilOptions, type TestClock, type TestClockOptions } from './test-clock.js'
