/** Vitest ends its processes before they write down what they have run; so that is done behind the tests of each file. */
import { takeCoverage } from 'node:v8'
import { afterAll } from 'vitest'

afterAll(() => takeCoverage())
