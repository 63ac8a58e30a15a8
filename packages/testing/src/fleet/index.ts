export type { FleetBreach, Guarantee } from './fleet-breach.js'
export type { FleetProfile, FleetSize, FleetWishes } from './fleet-plan.js'
export { simulateFleet, type FleetOptions, type FleetReport } from './simulate-fleet.js'
export type { FleetFigures } from './virtual-world.js'
