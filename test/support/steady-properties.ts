/**
 * Before the tests of each file: continuous integration tries properties with the same values in every run, because
 * what it says is to be about the change at hand. Everybody else's runs look for values that nobody has thought of;
 * a failure names its seed.
 */
import fc from 'fast-check'

if (process.env.CI === 'true') fc.configureGlobal({ seed: 20_231_116 })
